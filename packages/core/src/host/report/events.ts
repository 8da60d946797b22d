import type { ReloadError, ReloadPhase } from '../../errors.js'
import type { HandoffStep } from '../../dispatch/handoff-event.js'
import type { CompatVerdict } from '../../strategy.js'
import type { BakeReport, ReloadReport } from './results.js'
import type { Blocker } from '../lease/lease.js'
import type { SurfaceKey } from '../../dispatch/report.js'

/** What an operation does with the plugins that it is about. */
export type OperationKind = 'install' | 'reload' | 'remove' | 'take-back'

/** Which operation an event is about. */
export interface OperationTag {
  /** Numbers the operations of a host. */
  readonly operation: number
  readonly kind: OperationKind
  /** The plugins it is about, as `id@version`; the new version where there is one. */
  readonly plugins: readonly string[]
}

interface ResourceTag {
  readonly surface: string
  readonly resource: string
}

/** What a host tells its observer. Times in milliseconds. */
export type ReloadEvent =
  | (OperationTag & { readonly type: 'phase-started'; readonly phase: ReloadPhase })
  | (OperationTag & { readonly type: 'phase-ended'; readonly phase: ReloadPhase; readonly ms: number })
  | (OperationTag & {
      readonly type: 'phase-failed'
      readonly phase: ReloadPhase
      readonly ms: number
      readonly error: unknown
    })
  | (OperationTag &
      ResourceTag & {
        readonly type: 'resource'
        readonly key: string
        readonly step: HandoffStep
        readonly ms: number
        readonly error?: unknown
      })
  | (OperationTag &
      Partial<ResourceTag> & {
        readonly type: 'progress'
        readonly step: string | undefined
        readonly done: number
        readonly total: number | undefined
      })
  | (OperationTag & {
      readonly type: 'accepted'
      readonly surface: string
      readonly key: string
      readonly resource?: string | undefined
      readonly reason: string
      readonly overruled: CompatVerdict
    })
  | (OperationTag & {
      readonly type: 'committed'
      readonly epoch: number
      readonly added: readonly SurfaceKey[]
      readonly removed: readonly SurfaceKey[]
      /** What `committed` of a strategy threw. The commit stands. */
      readonly errors: readonly ReloadError[]
    })
  /**
   * What the caller is given, right before that. `reports` has one for each plugin that was there before. `finalized`
   * may have come before it.
   */
  | (OperationTag & {
      readonly type: 'reported'
      readonly outcome: 'committed' | 'dry-run'
      readonly reports: readonly ReloadReport[]
    })
  /** It was refused, or rolled back: nothing has changed. A ReloadError as the caller is given it. */
  | (OperationTag & { readonly type: 'failed'; readonly error: unknown })
  /** It was committed, and that is not in the journal: a crash comes back on the versions before it. */
  | (OperationTag & { readonly type: 'unrecorded'; readonly error: ReloadError })
  | (OperationTag & { readonly type: 'baked'; readonly outcome: BakeReport['outcome'] })
  | (OperationTag & { readonly type: 'kept'; readonly blockers: readonly Blocker[] })
  | (OperationTag & { readonly type: 'finalized'; readonly errors: readonly unknown[] })
  | (Blocker & { readonly type: 'lease-dropped'; readonly stack: string })
  | (ResourceTag & { readonly type: 'resource-halted'; readonly cause: unknown })
  | (ResourceTag & { readonly type: 'resource-restarted'; readonly activationError?: ReloadError | undefined })
  /**
   * What was of no use, or came too late, could not be closed or removed. The error says where; nothing else failed by
   * it.
   */
  | { readonly type: 'unclean'; readonly error: ReloadError }

export type ReloadObserver = (event: ReloadEvent) => void
