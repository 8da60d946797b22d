import { ReloadError } from '@uni/reload-core'
import type { PumpState, PumpStep, StreamEvent } from './events.js'
import { Failures } from './failures.js'
import { worthRetrying, type RetryPolicy } from './retry.js'

export interface StreamHealthOptions {
  readonly retry: RetryPolicy
  emit(event: StreamEvent): void
}

/** The state of a stream, and, after a failure, whether and when the step is tried again. */
export class StreamHealth {
  readonly failures = new Failures()
  readonly #options: StreamHealthOptions
  #state: PumpState = 'opening'

  constructor(options: StreamHealthOptions) {
    this.#options = options
  }

  get state(): PumpState {
    return this.#state
  }

  /** A halted stream stays halted until a step succeeds. */
  opening(): void {
    if (this.#state !== 'halted') this.#state = 'opening'
  }

  stopped(): void {
    this.#state = 'stopped'
  }

  async doing<T>(step: PumpStep, run: () => Promise<T>): Promise<T> {
    this.failures.step = step
    const result = await run()
    this.succeeded(step)
    return result
  }

  succeeded(step: PumpStep): void {
    if (this.#state === 'opening') this.#state = 'running'
    if (this.failures.succeeded(step)) this.#recovered()
  }

  /**
   * The stream has caught up, so that earlier failures no longer count: a call that failed for a stream that was
   * replaced since may never be made again, and would never succeed.
   */
  allDone(): void {
    this.failures.forgiveAllButWaiting()
    this.#recovered()
  }

  /** A reload or a call of `resume` gives every step all its attempts again. */
  wokenUp(): void {
    this.failures.forgive()
    if (this.#state === 'halted') this.#recovered()
  }

  /**
   * Notes why the current step has failed. Returns the delay until it is tried again, in milliseconds; `undefined`
   * where it is not.
   */
  failed(error: unknown): number | undefined {
    const { retry, emit } = this.#options
    const { step } = this.failures
    const failures = this.failures.note(error)
    const halts = !worthRetrying(error) || failures >= retry.attempts
    if (halts && this.#state !== 'halted') emit({ type: 'halted', step, error })
    this.#state = halts ? 'halted' : 'retrying'
    // A halted stream tries to start a stopped resource now and then, as nothing tells when that would succeed.
    const delayMs = !halts ? retry.delayMs(failures) : isStoppedStream(error) ? retry.maxMs : undefined
    if (delayMs !== undefined) emit({ type: 'retry', step, failures, delayMs, error })
    return delayMs
  }

  #recovered(): void {
    if (this.#state === 'halted') this.#options.emit({ type: 'resumed' })
    this.#state = 'running'
    this.failures.clear()
  }
}

/** Whether there is no stream: a reload has stopped the old one, and neither version could be started (C7). */
export function isStoppedStream(error: unknown): boolean {
  return ReloadError.is(error) && error.code === 'RESOURCE_HALTED'
}
