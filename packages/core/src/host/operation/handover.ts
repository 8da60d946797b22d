import type { Handoffs } from '../../dispatch/handoffs.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { SurfaceTable } from '../epoch/surface-table.js'
import type { EpochChange } from '../plan/epoch-change.js'
import type { Preflight } from '../plan/preflight.js'
import type { Attached } from '../resource/attached.js'
import type { Listing, Withdrawal } from '../resource/listing.js'

/** What hands over the resources that were listed. */
export interface Movers {
  readonly handoffs: Handoffs
  readonly change: EpochChange
}

type Progress =
  /** The preflight has yet to list the live resources. What is attached until then is among them. */
  | { readonly state: 'to list' }
  /**
   * They are listed, and the new version is judged by them. What is attached meanwhile (`early`) joins when they begin
   * to move.
   */
  | { readonly state: 'listed'; readonly early: Map<Attached, PluginVersion> }
  | { readonly state: 'moving'; readonly movers: Movers }
  | { readonly state: 'over' }

/**
 * The resources that an operation hands over and closes, from its preflight until it is decided. It says whether a
 * resource that is attached meanwhile joins them, and whether one that is detached may leave them.
 */
export class Handover implements Listing {
  readonly #preflight: Preflight
  readonly #decided: Promise<void>
  readonly #moving: Promise<void>
  #settleMoving: () => void = () => {}
  #progress: Progress = { state: 'to list' }
  /** The resources that were detached before the listed ones begin to move. */
  readonly #gone = new Set<Attached>()

  /** @param decided settles when the operation has committed or rolled back. */
  constructor(preflight: Preflight, decided: Promise<void>) {
    this.#preflight = preflight
    this.#decided = decided
    this.#moving = new Promise((resolve) => {
      this.#settleMoving = resolve
    })
  }

  get changed(): Promise<void> {
    return this.#progress.state === 'moving' ? this.#decided : this.#moving
  }

  /** In the turn in which the preflight has listed the live resources. */
  listed(): void {
    this.#progress = { state: 'listed', early: new Map() }
  }

  moves(movers: Movers): void {
    for (const { gate } of this.#gone) void movers.handoffs.withdraw(gate)
    const early = this.#progress.state === 'listed' ? this.#progress.early : []
    for (const [attached, owner] of early) movers.handoffs.join(this.#preflight.admit(attached, owner))
    this.#progress = { state: 'moving', movers }
    this.#settleMoving()
  }

  end(): void {
    this.#progress = { state: 'over' }
    this.#settleMoving()
  }

  admits(table: SurfaceTable, key: string): boolean {
    if (this.#progress.state === 'over') return false
    if (this.#progress.state === 'moving' && !this.#progress.movers.handoffs.open) return false
    return this.#preflight.admits(table, key)
  }

  takes(table: SurfaceTable, key: string): boolean {
    return this.#progress.state === 'to list' || this.admits(table, key)
  }

  take(attached: Attached, owner: PluginVersion): void {
    if (this.#progress.state === 'listed') this.#progress.early.set(attached, owner)
    if (this.#progress.state !== 'moving') return
    this.#progress.movers.handoffs.join(this.#preflight.admit(attached, owner))
  }

  withdraw(attached: Attached): Withdrawal | undefined {
    if (this.#progress.state === 'over') return undefined
    if (this.#progress.state !== 'moving') return this.#withdrawJudged(attached)
    const { handoffs, change } = this.#progress.movers
    const over = handoffs.withdraw(attached.gate)
    if (over === undefined) return undefined
    this.#preflight.withdraw(attached)
    change.withdraw(attached)
    return { judged: false, over }
  }

  /** The new version may be judged by it until the preflight ends, and then it does not move. */
  #withdrawJudged(attached: Attached): Withdrawal {
    this.#preflight.withdraw(attached)
    if (this.#progress.state === 'listed' && this.#progress.early.delete(attached))
      return { judged: false, over: Promise.resolve() }
    this.#gone.add(attached)
    return { judged: true, over: this.#moving }
  }
}
