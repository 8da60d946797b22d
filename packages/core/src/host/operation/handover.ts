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
  readonly preflight: Preflight
  readonly change: EpochChange
}

type Progress =
  /** The preflight has yet to list the live resources: whatever is attached by then is among them. */
  | { readonly state: 'to list' }
  /** They are listed. None can join or leave before they begin to move. */
  | { readonly state: 'listed' }
  | { readonly state: 'moving'; readonly movers: Movers }
  | { readonly state: 'over' }

/** The resources that an operation hands over and closes, from its preflight until it is decided. */
export class Handover implements Listing {
  readonly #decided: Promise<void>
  readonly #moving: Promise<void>
  #settleMoving: () => void = () => {}
  #progress: Progress = { state: 'to list' }

  /** @param decided settles when the operation has committed or rolled back. */
  constructor(decided: Promise<void>) {
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
    this.#progress = { state: 'listed' }
  }

  moves(movers: Movers): void {
    this.#progress = { state: 'moving', movers }
    this.#settleMoving()
  }

  end(): void {
    this.#progress = { state: 'over' }
    this.#settleMoving()
  }

  admits(table: SurfaceTable, key: string): boolean {
    if (this.#progress.state !== 'moving') return false
    const { handoffs, preflight } = this.#progress.movers
    return handoffs.open && preflight.admits(table, key)
  }

  takes(table: SurfaceTable, key: string): boolean {
    return this.#progress.state === 'to list' || this.admits(table, key)
  }

  take(attached: Attached, owner: PluginVersion): void {
    if (this.#progress.state !== 'moving') return
    const { handoffs, preflight } = this.#progress.movers
    handoffs.join(preflight.admit(attached, owner))
  }

  withdraw(attached: Attached): Promise<void> | undefined {
    if (this.#progress.state !== 'moving') return undefined
    const { handoffs, preflight, change } = this.#progress.movers
    const withdrawn = handoffs.withdraw(attached.gate)
    if (withdrawn === undefined) return undefined
    preflight.withdraw(attached)
    change.withdraw(attached)
    return withdrawn
  }
}
