import type { Handoffs } from '../../dispatch/handoffs.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { SurfaceTable } from '../epoch/surface-table.js'
import type { EpochChange } from '../plan/epoch-change.js'
import type { Preflight } from '../plan/preflight.js'
import type { Attached } from '../resource/attached.js'
import type { Listing } from '../resource/listing.js'

/** What moves the listed resources. */
export interface Movers {
  readonly handoffs: Handoffs
  readonly change: EpochChange
}

type Progress =
  /** The preflight has yet to list the live resources: whatever is attached by then is among them. */
  | { readonly state: 'to list' }
  /** None of those that are listed can leave before they begin to move. What is attached meanwhile joins then. */
  | { readonly state: 'listed'; readonly early: (readonly [Attached, PluginVersion])[] }
  | { readonly state: 'moving'; readonly movers: Movers }
  | { readonly state: 'over' }

/**
 * The resources that an operation hands over and closes, from its preflight until it is decided. Says whether one that
 * is attached meanwhile joins them, and whether one that is detached leaves them.
 */
export class Handover implements Listing {
  readonly #preflight: Preflight
  readonly #decided: Promise<void>
  readonly #moving: Promise<void>
  #settleMoving: () => void = () => {}
  #progress: Progress = { state: 'to list' }

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
    this.#progress = { state: 'listed', early: [] }
  }

  moves(movers: Movers): void {
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
    if (this.#progress.state === 'listed') this.#progress.early.push([attached, owner])
    if (this.#progress.state !== 'moving') return
    this.#progress.movers.handoffs.join(this.#preflight.admit(attached, owner))
  }

  withdraw(attached: Attached): Promise<void> | undefined {
    if (this.#progress.state !== 'moving') return undefined
    const { handoffs, change } = this.#progress.movers
    const withdrawn = handoffs.withdraw(attached.gate)
    if (withdrawn === undefined) return undefined
    this.#preflight.withdraw(attached)
    change.withdraw(attached)
    return withdrawn
  }
}
