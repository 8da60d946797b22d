import type { Clock } from '../clock.js'
import { ReloadError, type ReloadPhase } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import type { Pace } from '../pace.js'
import { forEachBounded } from './bounded.js'
import type { HandoffEvent, HandoffStep } from './handoff-event.js'
import type { MovingResource } from './moving-resource.js'
import { onAbort } from '../on-abort.js'
import type { PhaseOptions } from './running.js'

export interface DriveOptions {
  readonly clock: Clock
  readonly pace: Pace
  /** How many resources take a step at a time. */
  readonly concurrency: number
  readonly signal?: AbortSignal
  onHandoff?(event: HandoffEvent): void
}

/** Takes resources through a step, `concurrency` at a time, and tells the observer. */
export class Drive {
  readonly #options: DriveOptions
  readonly #abort = new AbortController()
  /** Read once: Node makes the signal of a controller when it is first read. */
  readonly #signal = this.#abort.signal

  constructor(options: DriveOptions) {
    this.#options = options
  }

  /**
   * Notices an abort where every resource is in step already, so that no step is run that would.
   *
   * @throws ReloadError `ABORTED`.
   */
  refuseAborted(phase: 'converge'): void {
    const { signal } = this.#options
    if (signal?.aborted === true)
      throw new ReloadError('ABORTED', 'the caller aborted', { phase, cause: signal.reason })
  }

  /** Tells the observer that `moving` has converged, though no step was run for it. */
  tellConverged(moving: MovingResource): void {
    if (!moving.withdrawn) this.tell(moving, 'converge', moving.convergeMs)
  }

  /**
   * Runs a phase that comes before the commit. Where one resource fails, the signals of the others fire, nothing
   * further is begun, and the reload fails with the error of that one.
   *
   * @param told whether the observer is told of each resource that went well; false for a part of a step. It is told of
   * each failure in any case.
   */
  async forward(
    movings: Iterable<MovingResource>,
    phase: 'prepare' | 'converge',
    body: (moving: MovingResource) => MaybePromise<void>,
    { told } = { told: true },
  ): Promise<void> {
    const options = { code: 'HANDOFF', signal: this.#signal } as const
    const unlink = this.#linkSignal()
    await this.#bounded(
      movings,
      (moving) => (moving.withdrawn ? undefined : this.timed(moving, phase, options, () => body(moving), told)),
      () => {
        this.#abort.abort(new ReloadError('ABORTED', 'another handoff of this reload failed', { phase }))
      },
    ).finally(unlink)
  }

  /** @param body must not reject: no further resource would be begun. */
  async each(movings: Iterable<MovingResource>, body: (moving: MovingResource) => Promise<void>): Promise<void> {
    await this.#bounded(movings, body, () => {})
  }

  /** Runs a step of one resource, measures it, and tells the observer. */
  async timed(
    moving: MovingResource,
    step: ReloadPhase & HandoffStep,
    options: PhaseOptions<void>,
    run: () => MaybePromise<void>,
    told = true,
  ): Promise<void> {
    const { clock } = this.#options
    const startedAt = clock.now()
    try {
      await (moving.running = moving.step.run(step, options, run))
    } catch (error) {
      this.tell(moving, step, clock.now() - startedAt, error)
      // A failure of a resource that has left fails the reload only in the rollback.
      if (moving.withdrawn && step !== 'rollback') return
      throw error
    } finally {
      moving.running = undefined
    }
    const ms = clock.now() - startedAt
    moving.took(step, ms)
    if (told) this.tell(moving, step, ms)
  }

  /** Does without `AbortSignal.any`: in Node 22, the caller's signal would keep a part of each result for ever. */
  #linkSignal(): () => void {
    const { signal } = this.#options
    if (signal === undefined) return () => {}
    const abort = (): void => {
      this.#abort.abort(signal.reason)
    }
    if (signal.aborted) abort()
    return onAbort(signal, abort)
  }

  tell({ place }: MovingResource, step: HandoffStep, ms: number, error?: unknown): void {
    this.#options.onHandoff?.({ place, step, ms, ...(error !== undefined && { error }) })
  }

  #bounded(
    movings: Iterable<MovingResource>,
    body: (moving: MovingResource) => MaybePromise<void>,
    abort: () => void,
  ): Promise<void> {
    return forEachBounded(movings, this.#options.concurrency, body, abort, this.#options.pace)
  }
}
