import type { Clock } from '../clock.js'
import { Deadlines, type Deadline } from '../deadlines.js'
import { ReloadError, type ErrorPlace, type ReloadErrorCode, type ReloadPhase } from '../errors.js'
import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import type { WriteGate } from '../move/gate.js'
import type { Pace } from '../pace.js'
import { Slices } from '../slices.js'
import type { CallOptions, CompatVerdict, StepContext } from '../strategy.js'
import { describeWithCauses, looksTaken } from './causes.js'
import type { Claims } from './claims.js'
import { ACCEPT_HINT, UNJUDGED_HINT, type CountedVerdict, type Judging } from './judging.js'
import { onAbort } from './on-abort.js'
import { Scope } from './scope.js'
import type { Measured, LongestStretch, StretchMeter } from './stretch-meter.js'

/** What all steps of a reload share. */
export interface StepEnvironment {
  readonly clock: Clock
  /** Of all work on resources. */
  readonly pace: Pace
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

const TAKEN =
  'It looks as if only one may hold this at a time; the old version holds it, and goes on serving. ' +
  "Let the provider or its strategy say that it takes an exclusive cutover, or reload with cutover: 'exclusive'."
/** What to do about a call of the version that serves, which no correction of the new one mends. */
const OLD_HINT =
  'That version goes on serving, and no change to the new one would help. If the call never succeeds, ' +
  "reload with from: 'open', which asks nothing of it."

type Discard = CallOptions<never>['discard']

/** A call, and whose it is. */
interface Named {
  readonly step: string | undefined
  readonly side: ErrorPlace['side']
}

/** A call under way. While one that was made inside it is pending, its own deadline is suspended. */
class Call extends Scope implements Measured, Named {
  readonly step: string
  readonly side: ErrorPlace['side']
  /** The call that it was made in, or beside. */
  readonly outer: Call | undefined
  readonly #of: Step
  readonly #discard: Discard | undefined

  constructor(of: Step, step: string, { side, discard }: CallOptions<never>, outer: Call | undefined) {
    super()
    this.step = step
    this.side = side
    this.outer = outer
    this.#of = of
    this.#discard = discard
  }

  get name(): string {
    return this.step
  }
  get stretch(): LongestStretch {
    return this.#of.stretch
  }

  protected override discard(late: unknown): void {
    void this.#of.discardLate(this.step, late, this.#discard)
  }
}

/** A phase under way. */
class Running extends Scope implements Named {
  readonly phase: ReloadPhase
  readonly code: ReloadErrorCode
  /** The call that was made last. */
  step: string | undefined
  /** Whose call {@link step} is, while it is pending. */
  side: ErrorPlace['side']
  /** When a call was begun or ended last: from here on the deadline counts. */
  activeSince: number
  deadline: Deadline | undefined
  readonly #of: Step
  readonly #discard: Discard | undefined
  #calling: Call | undefined

  constructor(of: Step, phase: ReloadPhase, { code, discard }: PhaseOptions<never>, now: number) {
    super()
    this.phase = phase
    this.code = code
    this.activeSince = now
    this.#of = of
    this.#discard = discard
  }

  protected override discard(late: unknown): void {
    void this.#of.discardLate('discard', late, this.#discard)
  }

  /** The call that was made last, of those that are pending. */
  get calling(): Call | undefined {
    while (this.#calling?.ended === true) this.#calling = this.#calling.outer
    return this.#calling
  }

  begin(call: Call): void {
    this.#calling = call
    this.step = call.step
    this.side = call.side
  }

  override giveUp(reason: unknown): void {
    super.giveUp(reason)
    for (let call = this.#calling; call; call = call.outer) call.giveUp(reason)
  }
}

type HeldOrNot = Pick<WriteGate<unknown, unknown>, 'state'>

/** Runs the plugin calls of one provider or one live resource, each with a deadline and a signal (I8). */
export class Step implements StepContext, LongestStretch {
  readonly dryRun: boolean
  blockedMs = 0
  blockedBy: string | undefined
  bytes = 0
  replayedWrites = 0
  readonly #environment: StepEnvironment
  readonly #place: ErrorPlace
  readonly #gate: HeldOrNot | undefined
  #running: Running | undefined
  #verdicts: CountedVerdict[] | undefined
  #outlived: unknown[] | undefined

  /** @param gate that of the live resource, where the step is about one: whether writers wait for what it does. */
  constructor(environment: StepEnvironment, place: ErrorPlace, gate?: HeldOrNot) {
    this.#environment = environment
    this.#place = place
    this.#gate = gate
    this.dryRun = environment.dryRun
  }

  /** The longest of its calls. */
  get stretch(): LongestStretch {
    return this
  }

  /** What was found on the way, besides the verdict of a check. */
  get verdicts(): readonly CountedVerdict[] {
    return this.#verdicts ?? []
  }
  /** What failed of the old resource, and was done without. */
  get outlivedErrors(): readonly unknown[] {
    return this.#outlived ?? []
  }

  get signal(): AbortSignal {
    return (this.#running?.calling ?? this.#running)?.signal ?? new AbortController().signal
  }

  slices(): Slices {
    const { pace } = this.#environment
    return this.#gate?.state === 'held' ? pace.underHold : pace
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
    ;(this.#outlived ??= []).push(error)
  }

  unjudged(reason: string): void {
    const verdict = this.#environment.judging.count(this.#place, { level: 'unjudged', reason })
    if (!this.#environment.judging.refuses(verdict)) {
      this.#found(verdict)
      return
    }
    const { phase, step } = this.#running ?? {}
    throw new ReloadError('SCHEMA_INCOMPAT', reason, {
      ...this.#place,
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
    if (verdict.level === 'accepted') this.#found(verdict)
  }

  #found(verdict: CountedVerdict): void {
    ;(this.#verdicts ??= []).push(verdict)
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
      const reason =
        failure.code === 'STEP_TIMEOUT' || failure.code === 'DUPLICATE'
          ? failure.message
          : describeWithCauses(failure.cause)
      const verdict = judging.count(this.#place, { level: 'incompatible', reason, details: failure.details })
      if (verdict.level !== 'accepted') throw failure
      return verdict
    }
  }

  unclean(step: string, cause: unknown): void {
    const phase = this.#running?.phase
    this.#environment.onUnclean?.(
      ReloadError.is(cause)
        ? cause
        : new ReloadError('HANDOFF', describeWithCauses(cause), {
            ...this.#place,
            ...(phase !== undefined && { phase }),
            step,
            cause,
          }),
    )
  }

  /** Ends the phase that runs, if any, with `reason`. */
  giveUp(reason: ReloadError): void {
    this.#running?.giveUp(reason)
  }

  /** Runs one phase. Its deadline starts anew with every {@link call} made inside it. */
  async run<T>(phase: ReloadPhase, options: PhaseOptions<T>, body: () => MaybePromise<T>): Promise<T> {
    const running = new Running(this, phase, options, this.#environment.clock.now())
    const { signal } = options
    const abort = (): void =>
      running.giveUp(this.#error('ABORTED', 'the caller aborted', running, { cause: signal?.reason }, running))
    if (signal?.aborted === true) abort()
    const stopListening = signal && onAbort(signal, abort)
    this.#running = running
    try {
      if (running.givenUp) throw running.reason
      const outcome = body()
      if (!isPromiseLike(outcome)) return outcome
      if (running.deadline === undefined) this.#arm(running)
      return await running.wait(outcome)
    } catch (error) {
      // A body that waits for nothing but calls ends with them, in this turn of the event loop. What undoes it comes after.
      if (running.givenUp) await new Slices().pause()
      throw this.#asReloadError(error, running)
    } finally {
      running.end()
      // A call that nobody waits for has its deadline all the same.
      if (running.calling === undefined) running.deadline?.cancel()
      stopListening?.()
      if (this.#running === running) this.#running = undefined
    }
  }

  /** Runs a phase that is one call. What comes after either was given up on is discarded as `options` says. */
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
      const place = { ...this.#place, step }
      return Promise.reject(new ReloadError('ABORTED', 'the phase that it belongs to is over', place))
    }
    // A deadline ends its call and not the phase, so that a rollback goes on past a call that hangs.
    const calling = new Call(this, step, options, running.calling)
    running.begin(calling)
    if (running.givenUp) calling.giveUp(running.reason)
    let outcome: MaybePromise<T>
    try {
      if (calling.givenUp) throw calling.reason
      outcome = this.#begin(running, calling, call)
    } catch (error) {
      this.#end(running, calling)
      return Promise.reject(this.#asReloadError(error, running, calling))
    }
    if (isPromiseLike(outcome)) return this.#await(running, calling, outcome)
    this.#end(running, calling)
    return Promise.resolve(outcome)
  }

  #begin<T>(running: Running, calling: Call, call: (signal: AbortSignal) => T): T {
    const { clock, meter } = this.#environment
    const startedAt = (running.activeSince = clock.now())
    try {
      // Most calls take no signal, and to make one is dearer than all the rest of a call.
      return call.length === 0 ? (call as () => T)() : call(calling.signal)
    } finally {
      const now = (running.activeSince = clock.now())
      meter.note(calling.step, this.stretch, now - startedAt)
    }
  }

  async #await<T>(running: Running, calling: Call, outcome: PromiseLike<T>): Promise<T> {
    const { clock, meter } = this.#environment
    if (!calling.givenUp) meter.begin(calling)
    if (running.deadline === undefined) this.#arm(running)
    try {
      return await calling.wait(outcome)
    } catch (error) {
      throw this.#asReloadError(error, running, calling)
    } finally {
      meter.end(calling)
      running.activeSince = clock.now()
      this.#end(running, calling)
    }
  }

  #end(running: Running, calling: Call): void {
    calling.end()
    // What fails between two calls is neither side's.
    running.side = undefined
    if (running.ended && running.calling === undefined) running.deadline?.cancel()
    else if (running.deadline === undefined && calling.givenUp) this.#arm(running)
  }

  /** What came too late is held no longer once it was disposed of. */
  async discardLate(step: string, late: unknown, discard: Discard | undefined): Promise<void> {
    if (discard === undefined) return
    try {
      await discard(late as never)
    } catch (error) {
      // The step it belonged to has failed and been reported already.
      this.unclean(step, error)
    } finally {
      this.letGo(late)
    }
  }

  /** One deadline a phase: it is that of the call made last, or, between calls, of the phase. */
  #arm(running: Running, ms = this.#environment.timeoutMs(running.phase)): void {
    if ((running.ended && running.calling === undefined) || ms === Number.POSITIVE_INFINITY) return
    running.deadline = Deadlines.of(this.#environment.clock).set(ms, () => {
      this.#due(running)
    })
  }

  #due(running: Running): void {
    const timeoutMs = this.#environment.timeoutMs(running.phase)
    const left = running.activeSince + timeoutMs - this.#environment.clock.now()
    if (left > 0) {
      this.#arm(running, left)
      return
    }
    const { calling } = running
    const named: Named = calling ?? running
    const slow = `If the step is only slow, raise timeouts.${this.#environment.timeoutOption ?? running.phase}.`
    const hint = named.side === 'old' ? `${slow} ${OLD_HINT}` : slow
    const error = this.#error('STEP_TIMEOUT', `no answer within ${timeoutMs} ms`, running, { hint }, named)
    // That of the phase counts from when the call has ended.
    running.deadline = undefined
    if (calling === undefined) running.giveUp(error)
    else calling.giveUp(error)
  }

  #asReloadError(error: unknown, running: Running, named: Named = running): ReloadError {
    if (ReloadError.is(error)) return error
    return this.#error(
      running.code,
      describeWithCauses(error),
      running,
      {
        cause: error,
        details: detailsOf(error),
        hint: this.#environment.hint ?? hintFor(error, running.phase, named.side),
      },
      named,
    )
  }

  #error(
    code: ReloadErrorCode,
    reason: string,
    { phase }: Running,
    { hint, ...more }: { cause?: unknown; hint?: string | undefined; details?: unknown },
    { step, side }: Named,
  ): ReloadError {
    return new ReloadError(code, reason, {
      ...this.#place,
      phase,
      ...(step !== undefined && { step }),
      ...(side !== undefined && { side }),
      ...(hint !== undefined && { hint }),
      ...more,
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
