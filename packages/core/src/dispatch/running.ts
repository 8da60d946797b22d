import { Deadlines, type Deadline } from '../deadlines.js'
import type { ErrorPlace, ReloadErrorCode, ReloadPhase } from '../errors.js'
import { Slices } from '../slices.js'
import type { CallOptions } from '../strategy.js'
import { listen, unlisten, type AbortListener } from '../on-abort.js'
import { Scope } from './scope.js'
import { abortedError, asStepError, overdueError, type Named, type StepPlace } from './step-error.js'
import type { Measured, LongestStretch } from './stretch-meter.js'

export interface PhaseOptions<T> extends CallOptions<T> {
  /** The code of an error that has none of its own. */
  readonly code: ReloadErrorCode
  /** The caller's signal; absent where the phase cannot be aborted. */
  readonly signal?: AbortSignal
}

/** The {@link Step} that a phase belongs to, as the phase sees it. */
export interface Runner extends StepPlace {
  /** The longest stretch of any of its calls. */
  readonly stretch: LongestStretch
  discardLate(step: string, late: unknown, discard: Discard | undefined): Promise<void>
  /** Called when the phase is over. */
  left(running: Running): void
}

export type Discard = CallOptions<never>['discard']

/**
 * A phase under way. It has one deadline at a time: that of the pending call that was made last, or, between calls, its
 * own. A call that passes its deadline is given up on, and the phase is not, so that a rollback goes on past it.
 */
export class Running extends Scope implements Named, AbortListener {
  readonly phase: ReloadPhase
  /** The call that was made last. */
  step: string | undefined = undefined
  /** The version whose call {@link step} is, while that is pending. */
  side: ErrorPlace['side'] = undefined
  /** When a call last began or ended. The deadline counts from here. */
  activeSince: number
  readonly of: Runner
  readonly #options: PhaseOptions<never>
  #calling: Call | undefined = undefined
  #deadline: Deadline | undefined = undefined

  constructor(of: Runner, phase: ReloadPhase, options: PhaseOptions<never>) {
    super()
    this.of = of
    this.phase = phase
    this.activeSince = of.environment.clock.now()
    this.#options = options
    const { signal } = options
    if (signal?.aborted === true) this.aborted()
    else if (signal !== undefined) listen(signal, this)
  }

  /** The pending call that was made last. */
  get calling(): Call | undefined {
    while (this.#calling?.ended === true) this.#calling = this.#calling.outer
    return this.#calling
  }

  begin(call: Call): void {
    this.#calling = call
    this.step = call.step
    this.side = call.side
  }

  aborted(): void {
    this.giveUp(abortedError(this.#options.signal?.reason, this.of, this.phase, this))
  }

  override giveUp(reason: unknown): void {
    super.giveUp(reason)
    for (let call = this.#calling; call; call = call.outer) call.giveUp(reason)
  }

  override end(): void {
    super.end()
    this.#leave()
  }

  /** Gives `error` its code, place and hint. */
  override failure(error: unknown, named: Named = this): unknown {
    return asStepError(error, this.#options.code, this.of, this.phase, named)
  }

  /**
   * Rejects in the next turn of the event loop. By then a body that awaits nothing but its calls is over, as these
   * reject in this turn. So it does not run beside the rollback.
   */
  override refuse(reject: (reason: unknown) => void): void {
    void new Slices().pause().then(() => {
      this.#leave()
      super.refuse(reject)
    })
  }

  protected override discard(late: unknown): void {
    void this.of.discardLate('discard', late, this.#options.discard)
  }

  /** Sets the deadline, unless one is set. */
  arm(): void {
    if (this.#deadline === undefined) this.#arm(this.of.environment.timeoutMs(this.phase))
  }

  /** Called when one of its calls has settled, or was given up on. */
  settled(call: Call): void {
    // What fails between two calls is neither version's.
    this.side = undefined
    if (this.#isOver) this.#deadline?.cancel()
    // In a microtask: where the clock jumps, the phase would else be overdue together with its call, and make no other.
    else if (call.givenUp) queueMicrotask(() => !this.#isOver && this.arm())
  }

  #leave(): void {
    // A pending call keeps its deadline, so that it is given up on, too.
    if (this.calling === undefined) this.#deadline?.cancel()
    const { signal } = this.#options
    if (signal !== undefined) unlisten(signal, this)
    this.of.left(this)
  }

  get #isOver(): boolean {
    return this.ended && this.calling === undefined
  }

  #arm(ms: number): void {
    if (this.#isOver || ms === Number.POSITIVE_INFINITY) return
    this.#deadline = Deadlines.of(this.of.environment.clock).set(ms, () => {
      this.#due()
    })
  }

  #due(): void {
    const { clock, timeoutMs } = this.of.environment
    const ms = timeoutMs(this.phase)
    const left = this.activeSince + ms - clock.now()
    if (left > 0) {
      this.#arm(left)
      return
    }
    // If the phase goes on, `settled` sets a new one.
    this.#deadline = undefined
    const { calling } = this
    const ended = calling ?? this
    ended.giveUp(overdueError(ms, this.of, this.phase, ended))
  }
}

/** A call under way. Its deadline does not count while a call that was made inside it is pending. */
export class Call extends Scope implements Measured, Named {
  readonly step: string
  readonly side: ErrorPlace['side']
  /** The call that was pending when this one was made, inside it or beside it. */
  readonly outer: Call | undefined
  readonly #running: Running
  readonly #discard: Discard | undefined
  #isMeasured = false

  constructor(running: Running, step: string, { side, discard }: CallOptions<never>) {
    super()
    this.step = step
    this.side = side
    this.outer = running.calling
    this.#running = running
    this.#discard = discard
    running.begin(this)
    if (running.givenUp) this.giveUp(running.reason)
  }

  get name(): string {
    return this.step
  }
  get stretch(): LongestStretch {
    return this.#running.of.stretch
  }

  override end(): void {
    super.end()
    this.#settled()
  }

  override giveUp(reason: unknown): void {
    if (this.ended) return
    super.giveUp(reason)
    this.#settled()
  }

  /** Calls `call`, and measures its synchronous part. */
  begin<T>(call: (signal: AbortSignal) => T): T {
    if (this.givenUp) throw this.reason
    const running = this.#running
    const { clock, meter } = running.of.environment
    const startedAt = (running.activeSince = clock.now())
    try {
      // Most calls take no signal, and to make one costs more than all the rest.
      return call.length === 0 ? (call as () => T)() : call(this.signal)
    } finally {
      const now = (running.activeSince = clock.now())
      meter.note(this.step, this.stretch, now - startedAt)
    }
  }

  /** Waits for what {@link begin} returned. */
  override wait<T>(outcome: PromiseLike<T>): Promise<T> {
    if (!this.givenUp) {
      this.#isMeasured = true
      this.#running.of.environment.meter.begin(this)
    }
    this.#running.arm()
    return super.wait(outcome)
  }

  override failure(error: unknown): unknown {
    return this.#running.failure(error, this)
  }

  protected override discard(late: unknown): void {
    void this.#running.of.discardLate(this.step, late, this.#discard)
  }

  #settled(): void {
    const running = this.#running
    if (this.#isMeasured) {
      const { clock, meter } = running.of.environment
      meter.end(this)
      running.activeSince = clock.now()
    }
    running.settled(this)
  }
}
