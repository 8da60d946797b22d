import { ReloadError, type ErrorPlace, type ReloadPhase } from '../errors.js'
import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import type { Slices } from '../slices.js'
import type { CallOptions, CompatVerdict, StepContext } from '../strategy.js'
import { describeWithCauses } from './causes.js'
import { UNJUDGED_HINT, type CountedVerdict } from './judging.js'
import { Call, Running, type Discard, type PhaseOptions, type Runner } from './running.js'
import type { StepEnvironment } from './step-environment.js'
import type { LongestStretch } from './stretch-meter.js'

/** Shared by all steps that have outlived nothing. */
const NONE: readonly unknown[] = Object.freeze([])

/** The resource or the check that a step makes calls for. */
export interface StepSubject {
  /** Whether writers wait for what the step does. */
  readonly isHeld?: boolean
  /** Called with each verdict of `judge`. */
  found(verdict: CountedVerdict): void
}

/** Runs the plugin calls of one provider or one live resource, each with a deadline and a signal (I8). */
export class Step implements StepContext, Runner, LongestStretch {
  readonly dryRun: boolean
  blockedMs = 0
  blockedBy: string | undefined
  bytes = 0
  replayedWrites = 0
  readonly environment: StepEnvironment
  readonly place: ErrorPlace
  readonly #subject: StepSubject | undefined
  #running: Running | undefined
  #outlived: unknown[] | undefined

  constructor(environment: StepEnvironment, place: ErrorPlace, subject?: StepSubject) {
    this.environment = environment
    this.place = place
    this.#subject = subject
    this.dryRun = environment.dryRun
  }

  get stretch(): LongestStretch {
    return this
  }

  /** The failures of the old resource by now that have not failed the handoff. */
  get outlivedErrors(): readonly unknown[] {
    return this.#outlived === undefined ? NONE : [...this.#outlived]
  }

  get signal(): AbortSignal {
    return (this.#running?.calling ?? this.#running)?.signal ?? new AbortController().signal
  }

  slices(): Slices {
    const { pace } = this.environment
    return this.#subject?.isHeld === true ? pace.underHold : pace
  }

  progress(done: number, total?: number): void {
    const step = this.#running?.step
    this.environment.onProgress?.({ ...this.place, ...(step !== undefined && { step }) }, done, total)
  }

  transferred(bytes: number): void {
    this.bytes += bytes
  }

  replayed(writes: number): void {
    this.replayedWrites += writes
  }

  /** Counts the time of a synchronous call that was not made through {@link call}. */
  blocked(step: string, ms: number): void {
    this.environment.meter.note(step, this.stretch, ms)
  }

  claim(resource: unknown): void {
    this.environment.claims.claim(resource, this.place, this.#running)
  }

  letGo(resource: unknown): void {
    this.environment.claims.letGo(resource, this.place)
  }

  outlived(error: unknown): void {
    ;(this.#outlived ??= []).push(error)
  }

  unjudged(reason: string): void {
    const verdict = this.environment.judging.count(this.place, { level: 'unjudged', reason })
    if (!this.environment.judging.refuses(verdict)) {
      this.#subject?.found(verdict)
      return
    }
    const { phase, step } = this.#running ?? {}
    throw new ReloadError('SCHEMA_INCOMPAT', reason, {
      ...this.place,
      ...(phase !== undefined && { phase }),
      ...(step !== undefined && { step }),
      hint: `The old version goes on serving. ${UNJUDGED_HINT}`,
    })
  }

  async judge(step: string, check: (signal: AbortSignal) => MaybePromise<void>): Promise<void> {
    const verdict = await this.judged(step, async (signal): Promise<CompatVerdict> => {
      await check(signal)
      return { level: 'compatible' }
    })
    if (verdict.level === 'accepted') this.#subject?.found(verdict)
  }

  /**
   * Makes a call that judges, and resolves with its verdict, or `accepted` where that is overruled. If the call fails,
   * the verdict is `incompatible`: rejects with the failure, unless an operator accepts the key.
   */
  async judged(step: string, check: (signal: AbortSignal) => MaybePromise<CompatVerdict>): Promise<CountedVerdict> {
    const { judging } = this.environment
    try {
      return judging.count(this.place, await this.call(step, check))
    } catch (error) {
      const failure = error as ReloadError
      if (failure.code === 'ABORTED') throw failure
      const reason =
        failure.code === 'STEP_TIMEOUT' || failure.code === 'DUPLICATE'
          ? failure.message
          : describeWithCauses(failure.cause)
      const verdict = judging.count(this.place, { level: 'incompatible', reason, details: failure.details })
      if (verdict.level !== 'accepted') throw failure
      return verdict
    }
  }

  unclean(step: string, cause: unknown): void {
    const phase = this.#running?.phase
    this.environment.onUnclean?.(
      ReloadError.is(cause)
        ? cause
        : new ReloadError('HANDOFF', describeWithCauses(cause), {
            ...this.place,
            ...(phase !== undefined && { phase }),
            step,
            cause,
          }),
    )
  }

  /** Has the phase under way fail with `reason`, if there is one. */
  giveUp(reason: ReloadError): void {
    this.#running?.giveUp(reason)
  }

  /** Runs one phase. Its deadline starts anew with each {@link call} made inside it. */
  run<T>(phase: ReloadPhase, options: PhaseOptions<T>, body: () => MaybePromise<T>): Promise<T> {
    const running = new Running(this, phase, options)
    this.#running = running
    if (running.givenUp) return refusal(running)
    let outcome: MaybePromise<T>
    try {
      outcome = body()
    } catch (error) {
      if (running.givenUp) return refusal(running)
      running.end()
      return Promise.reject(running.failure(error))
    }
    if (isPromiseLike(outcome)) {
      running.arm()
      return running.wait(outcome)
    }
    running.end()
    return Promise.resolve(outcome)
  }

  /** Runs a phase that is one call. What that gives after it was given up on goes to `options.discard`. */
  runCall<T>(
    phase: ReloadPhase,
    options: PhaseOptions<T>,
    step: string,
    call: (signal: AbortSignal) => MaybePromise<T>,
  ): Promise<T> {
    return this.run(phase, options, () => this.call(step, call, options))
  }

  call<T>(step: string, call: (signal: AbortSignal) => MaybePromise<T>, options: CallOptions<T> = {}): Promise<T> {
    const running = this.#running
    if (running === undefined) {
      if (options.later === true) {
        return this.run('rollback', { code: 'HANDOFF', ...options }, () => this.call(step, call, options))
      }
      const place = { ...this.place, step, hint: 'Await each ctx.call before what makes it returns.' }
      return Promise.reject(
        new ReloadError('ABORTED', 'the call was not made: the phase that it belongs to is over', place),
      )
    }
    const calling = new Call(running, step, options)
    let outcome: MaybePromise<T>
    try {
      outcome = calling.begin(call)
    } catch (error) {
      const failure = calling.failure(error)
      calling.end()
      return Promise.reject(failure)
    }
    if (isPromiseLike(outcome)) return calling.wait(outcome)
    calling.end()
    return Promise.resolve(outcome)
  }

  left(running: Running): void {
    if (this.#running === running) this.#running = undefined
  }

  /** Disposes of what a call or a phase gave too late, and ends its claim. */
  async discardLate(step: string, late: unknown, discard: Discard | undefined): Promise<void> {
    if (discard === undefined) return
    try {
      await discard(late as never)
    } catch (error) {
      // Fails nothing: the call was given up on, and that was reported.
      this.unclean(step, error)
    } finally {
      this.letGo(late)
    }
  }
}

function refusal(running: Running): Promise<never> {
  return new Promise((_, reject) => {
    running.refuse(reject)
  })
}
