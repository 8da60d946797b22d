import type { PluginVersion } from '../epoch/plugin-version.js'
import type { SurfaceTable } from '../epoch/surface-table.js'
import type { Attached } from './attached.js'

/** What an operation hands over or closes, as an attach or a detach beside it sees it: its `Handover` answers. */
export interface Listing {
  /** Settles when {@link admits} or {@link withdraw} may answer otherwise than now. Never rejects. */
  readonly changed: Promise<void>
  /** Whether a resource of this key that is opened now can be handed over with the others. */
  admits(table: SurfaceTable, key: string): boolean
  /** Whether one that is put into service now is handed over with the others: it will be listed, or is admitted. */
  takes(table: SurfaceTable, key: string): boolean
  /** Hands over one more. In the turn in which {@link takes} has said so. */
  take(attached: Attached, owner: PluginVersion): void
  /**
   * Hands over, or closes, `attached` no longer: it leaves by itself.
   *
   * @returns `undefined` where it cannot leave before {@link changed}.
   */
  withdraw(attached: Attached): Withdrawal | undefined
}

/** What a resource that leaves an operation waits for before it is closed. */
export interface Withdrawal {
  /** Whether the new version is being judged by it, so that it has to be readable until then. */
  readonly judged: boolean
  /** Resolves once it is judged by no more, and what was to succeed it is closed. Never rejects. */
  readonly over: Promise<void>
}
