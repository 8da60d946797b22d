import type { Clock } from '../../clock.js'
import type { HandoffEvent } from '../../dispatch/handoff-event.js'
import type { CountedVerdict } from '../../dispatch/judging.js'
import type { SurfaceKey } from '../../dispatch/report.js'
import type { ErrorPlace, ReloadError, ReloadPhase } from '../../errors.js'
import type { MaybePromise } from '../../maybe-promise.js'
import type { BakeReport, ReloadReport } from './results.js'
import type { Blocker } from '../lease/lease.js'
import type { OperationKind, OperationTag, ReloadEvent } from './events.js'

/** Whom an operation is told of, and when. */
interface Audience {
  readonly clock: Clock
  nextOperation(): number
  emit(event: ReloadEvent): void
}

/** The keys that come and go. */
interface ChangedKeys {
  readonly addedKeys: readonly SurfaceKey[]
  readonly removedKeys: readonly SurfaceKey[]
}

/** Times the phases of one operation, and tells the host's observer of them. */
export class PhaseLog {
  readonly ms: Partial<Record<ReloadPhase, number>> = {}
  readonly #host: Audience
  readonly #tag: OperationTag
  readonly #startedAt: number
  #current: ReloadPhase = 'validate'

  constructor(host: Audience, kind: OperationKind, plugins: readonly string[]) {
    this.#host = host
    this.#tag = { operation: host.nextOperation(), kind, plugins }
    this.#startedAt = host.clock.now()
  }

  /** Numbers the operations of a host, from 1. */
  get operation(): number {
    return this.#tag.operation
  }

  get current(): ReloadPhase {
    return this.#current
  }

  get totalMs(): number {
    return this.#host.clock.now() - this.#startedAt
  }

  async phase<T>(phase: ReloadPhase, body: () => MaybePromise<T>): Promise<T> {
    const { clock } = this.#host
    // Literals: each has its shape from the start, which a spread has not, and takes half the time on Node 20.
    const { operation, kind, plugins } = this.#tag
    const startedAt = clock.now()
    this.#current = phase
    this.#host.emit({ operation, kind, plugins, type: 'phase-started', phase })
    try {
      const result = await body()
      const ms = (this.ms[phase] = clock.now() - startedAt)
      this.#host.emit({ operation, kind, plugins, type: 'phase-ended', phase, ms })
      return result
    } catch (error) {
      this.#host.emit({ operation, kind, plugins, type: 'phase-failed', phase, ms: clock.now() - startedAt, error })
      throw error
    }
  }

  handoff({ place, step, ms, error }: HandoffEvent): void {
    const { surface = '', key = '', resource = '' } = place
    const { operation, kind, plugins } = this.#tag
    // One for each step of each resource, so that it is a literal, too.
    const event = { operation, kind, plugins, type: 'resource', surface, key, resource, step, ms } as const
    this.#host.emit(error === undefined ? event : { ...event, error })
  }

  progress({ surface, resource, step }: ErrorPlace, done: number, total: number | undefined): void {
    this.#host.emit({
      ...this.#tag,
      type: 'progress',
      ...(surface !== undefined && { surface }),
      ...(resource !== undefined && { resource }),
      step,
      done,
      total,
    })
  }

  accepted(
    { surface = '', key = '', resource }: ErrorPlace,
    { reason, overruled }: Extract<CountedVerdict, { level: 'accepted' }>,
  ): void {
    this.#host.emit({
      ...this.#tag,
      type: 'accepted',
      surface,
      key,
      ...(resource !== undefined && { resource }),
      reason,
      overruled,
    })
  }

  committed(
    epoch: number,
    { addedKeys: added, removedKeys: removed }: ChangedKeys,
    errors: readonly ReloadError[],
  ): void {
    const { operation, kind, plugins } = this.#tag
    this.#host.emit({ operation, kind, plugins, type: 'committed', epoch, added, removed, errors })
  }

  unrecorded(error: ReloadError): void {
    this.#host.emit({ ...this.#tag, type: 'unrecorded', error })
  }

  kept(blockers: readonly Blocker[]): void {
    this.#host.emit({ ...this.#tag, type: 'kept', blockers })
  }

  baked(outcome: BakeReport['outcome']): void {
    this.#host.emit({ ...this.#tag, type: 'baked', outcome })
  }

  reported(outcome: 'committed' | 'dry-run', reports: readonly ReloadReport[]): void {
    this.#host.emit({ ...this.#tag, type: 'reported', outcome, reports })
  }

  failed(error: unknown): void {
    this.#host.emit({ ...this.#tag, type: 'failed', error })
  }

  finalized(errors: readonly unknown[]): void {
    const { operation, kind, plugins } = this.#tag
    this.#host.emit({ operation, kind, plugins, type: 'finalized', errors })
  }
}
