import type { Clock } from '../clock.js'
import { ReloadError, type ErrorPlace, type ReloadErrorCode, type ReloadPhase } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import { Slices } from '../slices.js'
import type { CallOptions, CompatVerdict, StepContext } from '../strategy.js'
import { describeWithCauses, looksTaken } from './causes.js'
import { abandonable } from './abandonable.js'
import type { Claims } from './claims.js'
import { ACCEPT_HINT, UNJUDGED_HINT, type CountedVerdict, type Judging } from './judging.js'
import { onAbort } from './on-abort.js'
import type { Stretch, StretchMeter } from './stretch-meter.js'

/** What all steps of a reload share. */
export interface StepEnvironment {
  readonly clock: Clock
  readonly meter: StretchMeter
  readonly dryRun: boolean
  readonly judging: Judging
  /** What is held open. */
  readonly claims: Claims
  /** Milliseconds each plugin call of a phase may take. */
  timeoutMs(phase: ReloadPhase): number
  /** The option that sets it. Default: the one named after the phase. */
  readonly timeoutOption?: string
  /** What to do about a call that failed. Default: by phase. */
  readonly hint?: string
  /** Told what could not be closed or removed, where nothing else fails by it. */
  onUnclean?(error: ReloadError): void
  onProgress?(place: ErrorPlace, done: number, total: number | undefined): void
}

export interface PhaseOptions<T> extends CallOptions<T> {
  /** The code of an error that has none of its own. */
  readonly code: ReloadErrorCode
  /** The caller's signal; absent where the phase cannot be aborted. */
  readonly signal?: AbortSignal
}

/** What to do about a step of a phase that failed. */
const HINTS: Partial<Record<ReloadPhase, string>> = {
  stage: 'Correct the plugin; nothing was changed.',
  preflight: `The old version goes on serving. Correct the new one, then reload again. ${ACCEPT_HINT}`,
  prepare: 'The old version goes on serving. Correct the new one, then reload again.',
  converge: 'The old version goes on serving. Correct the new one, then reload again.',
  rollback: 'host.resources() says what state the resource is in.',
}

const TAKEN = 'It looks as if only one may hold this at a time; the old version holds it, and goes on serving. '
  + "Let the provider or its strategy say that it takes an exclusive cutover, or reload with cutover: 'exclusive'."
/** What to do about a call of the version that serves, which no correction of the new one mends. */
const OLD_HINT = "That version goes on serving, and no change to the new one would help. If the call never succeeds, "
  + "reload with from: 'open', which asks nothing of it."

/** A pending call. While one that was made inside it is pending, its own deadline is suspended. */
interface Calling {
  readonly controller: AbortController
  ended: boolean
  cancelDeadline: () => void
  resumeDeadline: () => void
}

/** A call, and whose it is. */
interface Named {
  readonly step: string | undefined
  readonly side: ErrorPlace['side']
}

interface Running {
  readonly phase: ReloadPhase
  readonly code: ReloadErrorCode
  readonly controller: AbortController
  step: string | undefined
  /** Whose call {@link step} is. */
  side: ErrorPlace['side']
  /** The call that was made last, while it is pending. */
  calling: Calling | undefined
  cancelDeadline: () => void
}

/** Runs the plugin calls of one provider or one live resource, each with a deadline and a signal (I8). */
export class Step implements StepContext {
  readonly dryRun: boolean
  readonly stretch: Stretch = { blockedMs: 0, blockedBy: undefined }
  bytes = 0
  replayedWrites = 0
  /** What was found on the way, besides the verdict of a check. */
  readonly verdicts: CountedVerdict[] = []
  /** What failed of the old resource, and was done without. */
  readonly outlivedErrors: unknown[] = []
  readonly #environment: StepEnvironment
  readonly #place: ErrorPlace
  #running: Running | undefined

  constructor(environment: StepEnvironment, place: ErrorPlace) {
    this.#environment = environment
    this.#place = place
    this.dryRun = environment.dryRun
  }

  get signal(): AbortSignal {
    return (this.#running?.calling?.controller ?? this.#running?.controller ?? new AbortController()).signal
  }

  progress(done: number, total?: number): void {
    const step = this.#running?.step
    this.#environment.onProgress?.({ ...this.#place, ...(step !== undefined && { step }) }, done, total)
  }

  transferred(bytes: number): void {
    this.bytes += bytes
  }

  replayed(writes: number): void {
    this.replayedWrites += writes
  }

  /** Adds a synchronous stretch of a call that cannot be awaited, and so was not made through {@link call}. */
  blocked(step: string, ms: number): void {
    this.#environment.meter.note(step, this.stretch, ms)
  }

  claim(resource: unknown): void {
    const { phase, step } = this.#running ?? {}
    const at = { ...(phase !== undefined && { phase }), ...(step !== undefined && { step }) }
    this.#environment.claims.claim(resource, this.#place, at)
  }

  letGo(resource: unknown): void {
    this.#environment.claims.letGo(resource, this.#place)
  }

  outlived(error: unknown): void {
    this.outlivedErrors.push(error)
  }

  unjudged(reason: string): void {
    const verdict = this.#environment.judging.count(this.#place, { level: 'unjudged', reason })
    if (!this.#environment.judging.refuses(verdict)) {
      this.verdicts.push(verdict)
      return
    }
    const { phase, step } = this.#running ?? {}
    throw new ReloadError('SCHEMA_INCOMPAT', reason, {
      ...this.#place, ...(phase !== undefined && { phase }), ...(step !== undefined && { step }),
      hint: `The old version goes on serving. ${UNJUDGED_HINT}`,
    })
  }

  async judge(step: string, check: (signal: AbortSignal) => MaybePromise<void>): Promise<void> {
    const verdict = await this.judged(step, async (signal): Promise<CompatVerdict> => {
      await check(signal)
      return { level: 'compatible' }
    })
    if (verdict.level === 'accepted') this.verdicts.push(verdict)
  }

  /**
   * Like {@link call}: the verdict as it counts. Where an operator accepts the key, a failure is an `incompatible` that
   * is overruled.
   */
  async judged(step: string, check: (signal: AbortSignal) => MaybePromise<CompatVerdict>): Promise<CountedVerdict> {
    const { judging } = this.#environment
    try {
      return judging.count(this.#place, await this.call(step, check))
    } catch (error) {
      const failure = error as ReloadError
      if (failure.code === 'ABORTED') throw failure
      const reason = failure.code === 'STEP_TIMEOUT' || failure.code === 'DUPLICATE' ? failure.message : describeWithCauses(failure.cause)
      const verdict = judging.count(this.#place, { level: 'incompatible', reason, details: failure.details })
      if (verdict.level !== 'accepted') throw failure
      return verdict
    }
  }

  unclean(step: string, cause: unknown): void {
    const phase = this.#running?.phase
    this.#environment.onUnclean?.(ReloadError.is(cause) ? cause
      : new ReloadError('HANDOFF', describeWithCauses(cause), {
        ...this.#place, ...(phase !== undefined && { phase }), step, cause,
      }))
  }

  /** Runs one phase. Its deadline starts anew with every {@link call} made inside it. */
  async run<T>(phase: ReloadPhase, options: PhaseOptions<T>, body: () => MaybePromise<T>): Promise<T> {
    const controller = new AbortController()
    const running: Running = {
      phase, code: options.code, controller, step: undefined, side: undefined, calling: undefined,
      cancelDeadline: () => {},
    }
    const { signal } = options
    const abort = (): void =>
      controller.abort(this.#error('ABORTED', 'the caller aborted', running, { cause: signal?.reason }, running))
    if (signal?.aborted === true) abort()
    const deaf = signal && onAbort(signal, abort)
    this.#running = running
    this.#arm(running)
    try {
      return await abandonable(body, controller.signal, this.#discard(options), (error) => {
        this.unclean('discard', error)
      })
    } catch (error) {
      // A body that waits for nothing but calls ends with them, in this turn of the event loop. What undoes it comes after.
      if (controller.signal.aborted) await new Slices().pause()
      throw this.#asReloadError(error, running)
    } finally {
      running.cancelDeadline()
      deaf?.()
      if (this.#running === running) this.#running = undefined
    }
  }

  async call<T>(step: string, call: (signal: AbortSignal) => MaybePromise<T>, options: CallOptions<T> = {}): Promise<T> {
    const running = this.#running
    if (running === undefined) {
      if (options.later !== true) throw new ReloadError('ABORTED', 'the phase that it belongs to is over', { ...this.#place, step })
      return this.run('rollback', { code: 'HANDOFF', ...options }, () => this.call(step, call, options))
    }
    const { side } = options
    running.step = step
    running.side = side
    running.cancelDeadline()
    // A deadline ends its call and not the phase, so that a rollback goes on past a call that hangs.
    const controller = new AbortController()
    const { signal } = controller
    const { calling: outer } = running
    const calling: Calling = {
      controller, ended: false, cancelDeadline: () => {},
      resumeDeadline: () => {
        calling.cancelDeadline()
        calling.cancelDeadline = this.#deadline(running, controller, { step, side })
      },
    }
    running.calling = calling
    const { signal: phase } = running.controller
    const abort = (): void => controller.abort(phase.reason)
    if (phase.aborted) abort()
    const deaf = onAbort(phase, abort)
    outer?.cancelDeadline()
    calling.resumeDeadline()
    try {
      return await abandonable(
        () => this.#environment.meter.measure(step, this.stretch, signal, () => call(signal)), signal,
        this.#discard(options),
        (error) => { this.unclean(step, error) })
    } catch (error) {
      throw this.#asReloadError(error, running, { step, side })
    } finally {
      calling.ended = true
      // What fails between two calls is neither side's.
      running.side = undefined
      calling.cancelDeadline()
      deaf()
      if (running.calling === calling) running.calling = outer?.ended === false ? outer : undefined
      if (outer?.ended === false) outer.resumeDeadline()
      else if (this.#running === running && !phase.aborted) this.#arm(running)
    }
  }

  /** What came too late is held no longer once it was disposed of. */
  #discard<T>(options: CallOptions<T>): ((late: T) => Promise<void>) | undefined {
    if (options.discard === undefined) return undefined
    return async (late) => {
      try {
        await options.discard?.(late)
      } finally {
        this.letGo(late)
      }
    }
  }

  #arm(running: Running): void {
    running.cancelDeadline()
    running.cancelDeadline = this.#deadline(running, running.controller)
  }

  #deadline(running: Running, controller: AbortController, named: Named = running): () => void {
    const timeoutMs = this.#environment.timeoutMs(running.phase)
    return this.#environment.clock.after(timeoutMs, () => {
      const slow = `If the step is only slow, raise timeouts.${this.#environment.timeoutOption ?? running.phase}.`
      controller.abort(
        this.#error(
          'STEP_TIMEOUT', `no answer within ${timeoutMs} ms`, running,
          { hint: named.side === 'old' ? `${slow} ${OLD_HINT}` : slow }, named,
        ),
      )
    })
  }

  #asReloadError(error: unknown, running: Running, named: Named = running): ReloadError {
    if (ReloadError.is(error)) return error
    return this.#error(running.code, describeWithCauses(error), running,
      {
        cause: error, details: detailsOf(error),
        hint: this.#environment.hint ?? hintFor(error, running.phase, named.side),
      }, named)
  }

  #error(
    code: ReloadErrorCode, reason: string, { phase }: Running,
    { hint, ...more }: { cause?: unknown; hint?: string | undefined; details?: unknown }, { step, side }: Named,
  ): ReloadError {
    return new ReloadError(code, reason, {
      ...this.#place, phase, ...(step !== undefined && { step }), ...(side !== undefined && { side }),
      ...(hint !== undefined && { hint }), ...more,
    })
  }
}

function hintFor(error: unknown, phase: ReloadPhase, side: ErrorPlace['side']): string | undefined {
  if (side === 'old' && isOpen(phase)) return OLD_HINT
  return phase === 'prepare' && looksTaken(error) ? TAKEN : HINTS[phase]
}

/** Whether the old version goes on serving where a call fails. */
function isOpen(phase: ReloadPhase): boolean {
  return phase === 'preflight' || phase === 'prepare' || phase === 'converge'
}

/** The particulars of an error that has any. What a plugin throws may be `undefined`, or refuse to be looked at. */
function detailsOf(error: unknown): unknown {
  try {
    return (error as { details?: unknown }).details
  } catch {}
}
