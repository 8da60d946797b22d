import type { CompatEntry, SurfaceKey } from '../../dispatch/report.js'
import type { ReloadError, ReloadPhase } from '../../errors.js'
import type { HandoffReport } from '../../handoff-report.js'
import type { Cutover } from '../../strategy.js'
import type { Surface } from '../../surface.js'
import type { Blocker } from '../lease/lease.js'
import type { PluginHandle } from '../plugin/plugin.js'

/** A live resource that a plugin had the host open, in service since the commit. */
export interface OpenedResource {
  readonly surface: string
  readonly resource: string
  /** What `activate` of its strategy threw. It serves all the same. */
  readonly activationError?: ReloadError | undefined
}

/** What an operation did, plugin by plugin (I10). Times in milliseconds. */
export interface ReloadReport {
  readonly plugin: string
  /** The versions before and after; absent at an install and a removal. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly totalMs: number
  readonly phases: Readonly<Partial<Record<ReloadPhase, number>>>
  readonly compat: readonly CompatEntry[]
  /** Keys, as `surface "key"`, that were accepted and would have been taken without that. */
  readonly unneeded: readonly string[]
  /**
   * `exclusive` where the plugin was fenced: the caller asked for it, or a provider of one of `handoffs`, as its
   * `cutoverBy` says.
   */
  readonly cutover: Cutover
  /** The keys that the plugin provides, and that nothing of the operation provided before. */
  readonly added: readonly SurfaceKey[]
  /**
   * The keys that the plugin provided, and that nothing of the operation provides any more. A renamed provider is in
   * both lists.
   */
  readonly removed: readonly SurfaceKey[]
  readonly handoffs: readonly HandoffReport[]
  /** The longest that one write was held. Where writers are slowed down: while no other was let in. */
  readonly pauseMs: number
  /** The longest that the event loop did not turn, whoever kept it from that. */
  readonly blockedMs: number
  /**
   * What kept it from that: the plugin call that was the most of it, or was pending; `core` where there was none, so
   * that it was the core, or other code of this process. Absent where nothing did.
   */
  readonly blockedBy: string | undefined
  readonly bytes: number
  readonly replayedWrites: number
  /** Resources that the plugin had the host open, and that were not in service before. */
  readonly opened: readonly OpenedResource[]
  /** Resources that were closed because nothing provides them any more, or their plugin opens them no longer. */
  readonly closedOrphans: readonly string[]
  /**
   * Removed keys, as `surface "key"`, whose contract could not be remembered: one that comes back is not judged by it.
   */
  readonly forgotten: readonly string[]
  /** What `committed` of the strategies of the plugin's surfaces threw. The commit stands. */
  readonly commitErrors: readonly ReloadError[]
  /**
   * Why the commit is not in the journal; absent where it is. Until it is, a crash comes back on what was there before.
   * `makePermanent` with the handle writes it, that of a removed plugin included.
   */
  readonly unrecorded?: ReloadError | undefined
}

/** How a bake ended. */
export type BakeReport =
  /** The new version is permanent, unless `error` says why it could not be made so. */
  | { readonly outcome: 'healthy'; readonly error?: unknown }
  /** It was made permanent before the period was over. */
  | { readonly outcome: 'accepted' }
  /** The plugin was changed again, or the host closed. */
  | { readonly outcome: 'superseded' }
  /** The old version serves again, with every write made meanwhile. `results` are those of the take-back. */
  | { readonly outcome: 'taken-back'; readonly reason: string; readonly results: readonly ReloadResult[] }
  /** The take-back failed with `error`; the new version goes on serving. */
  | { readonly outcome: 'stranded'; readonly reason: string; readonly error: ReloadError }

/** How the old version ended. */
export interface FinalReport {
  /**
   * `kept`: leases outlived the drain's deadline, and the old version stays until they end. `taken-back`: it serves
   * again. `stranded`: it was to, and could not; it was closed, and the new version goes on serving. Of both, `bake`
   * says why; a take-back may have failed where the old version is `kept` or `forced`, too.
   */
  readonly status: 'finalized' | 'forced' | 'kept' | 'taken-back' | 'stranded'
  /** How the bake ended; absent where there was none. */
  readonly bake?: BakeReport | undefined
  readonly drainMs: number
  /** What held the old version at the deadline. */
  readonly blockers: readonly Blocker[]
  /** What failed while the old version was closed. */
  readonly errors: readonly unknown[]
}

export interface ReloadResult {
  /** `dry-run`: everything up to the commit went well, and was rolled back. */
  readonly status: 'committed' | 'dry-run'
  /** The current handle: the new generation after a commit. */
  readonly handle: PluginHandle
  readonly report: ReloadReport
  /** The new resources of a surface, by name. None after a dry run, which has closed them again. */
  resources<P, R, W>(surface: Surface<P, R, W>): ReadonlyMap<string, R>
  /** Resolves when the old version is closed, or at the drain's deadline. Never rejects. */
  readonly finalized: Promise<FinalReport>
}

export interface RemoveResult {
  readonly report: ReloadReport
  readonly finalized: Promise<FinalReport>
}

export interface PluginStatus {
  readonly id: string
  readonly version: string
  readonly generation: number
  /** `baking`: its reload can still be taken back. `retired`: replaced or removed, and still held. */
  readonly state: 'active' | 'baking' | 'changing' | 'retired'
  /** Whether a crash comes back on this version. */
  readonly permanent: boolean
  readonly heldBy: readonly Blocker[]
}

export interface ResourceStatus {
  readonly surface: string
  readonly name: string
  readonly key: string
  readonly plugin: string
  /**
   * `copying`: writes are recorded for a successor; `held`: they wait; `halted`: it could not be started again;
   * `stuck`: a write or use is past its deadline and has not settled, and all others are refused until it does.
   */
  readonly state: 'serving' | 'copying' | 'held' | 'halted' | 'stuck'
  /** How many writes and uses wait for their turn. Each has a promise: a caller that awaits it cannot pile them up. */
  readonly waiting: number
}
