import type { Clock } from '../clock.js'
import { Deadlines } from '../deadlines.js'
import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import { Slices } from '../slices.js'
import { onAbort } from '../on-abort.js'
import { enterScope, isInside, leaveScope, type ScopedCall } from './call-scope.js'

interface Waiting {
  readonly run: () => MaybePromise<unknown>
  readonly scoped: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
  readonly queuedAt: number
  /** `withdrawn` by its caller's signal: it is passed over. `apart`: it is not in the queue, or no more. */
  state: 'apart' | 'queued' | 'withdrawn'
  /** Heeds the caller's signal no longer. */
  stopListening: (() => void) | undefined
}

/** A task that has begun. */
interface Running extends ScopedCall {
  ended: boolean
  /** Refuses what is submitted from inside it. */
  readonly scoped: boolean
  /** What was submitted by its synchronous part; `undefined` once that is over. */
  nested: Waiting[] | undefined
  /** Its caller was told that its outcome is unknown. */
  givenUp: boolean
  giveUp(): void
}

/** The errors of tasks that fail by the queue. Each caller is told by a new one. */
interface QueueErrors {
  /** Of a task that has begun, has not settled, and is waited for no longer. */
  overdue(): Error
  /** Of the others while one is past its deadline: these have not begun. */
  stuck(): Error
  /** Of a task that would wait for the one it was submitted from. */
  reentered(): Error
  /** Of a task whose signal fires before it has begun. */
  aborted(reason: unknown): Error
}

/** What a queue works for. */
export interface QueueOwner {
  /** `taskTimeoutMs`: milliseconds one task may take. */
  readonly terms: { readonly clock: Clock; readonly taskTimeoutMs: number }
  readonly errors: QueueErrors
  /** Whether the next task has to wait. */
  blocked(): boolean
  /** Told that a task has begun which does not end at once. */
  begun?(): void
  /** Told that a task waits. */
  queued?(): void
}

/** Shared by all queues in which nothing waits. */
const NONE: never[] = []
const IDLE = Promise.resolve()

/** One object for all synchronous tasks: these cannot hang, and their callers have the outcome at once. */
const SYNCHRONOUS = begun(false, undefined)

function begun(scoped: boolean, nested: Waiting[] | undefined): Running {
  return { ended: false, scoped, nested, givenUp: false, giveUp: () => {} }
}

/**
 * Runs tasks in order, one at a time. A task that hangs is given up on, but nothing runs beside it. Each caller gets an
 * error of its own.
 */
export class SerialQueue {
  readonly #owner: QueueOwner
  #waiting: Waiting[] = NONE
  #head = 0
  /** How many of those that wait were withdrawn. The first is none of them. */
  #withdrawn = 0
  #running: Running | undefined
  /** The task that {@link abandon} has let go of. */
  #abandoned: Running | undefined
  #refusal: (() => Error) | undefined
  #idleWaiters: (() => void)[] | undefined
  #onOverdue: (() => void) | undefined
  /** The slice of this turn of the event loop. `undefined` where nothing that waited has run in the turn. */
  #slice: Slices | undefined

  constructor(owner: QueueOwner) {
    this.#owner = owner
  }

  /** When the task that waits longest was submitted, by the queue's clock. */
  get oldestSubmission(): number | undefined {
    return this.#waiting[this.#head]?.queuedAt
  }

  /** How many tasks wait. */
  get waiting(): number {
    return this.#waiting.length - this.#head - this.#withdrawn
  }

  /** Whether a task is running. */
  get busy(): boolean {
    return this.#running !== undefined
  }

  /** Whether a task is past its deadline and has not settled. */
  get stuck(): boolean {
    return this.#running?.givenUp === true
  }

  /** Whether the task that was abandoned is still under way. */
  get abandons(): boolean {
    return this.#abandoned?.ended === false
  }

  /** @param signal takes the task out again, up to when it begins. */
  submit<T>(run: () => MaybePromise<T>, signal?: AbortSignal): Promise<T> {
    return this.#submit(run, false, signal)
  }

  /**
   * Like {@link submit}. What is submitted from inside a pending task of this sort is refused, since it would wait for
   * itself.
   */
  submitScoped<T>(run: () => MaybePromise<T>, signal?: AbortSignal): Promise<T> {
    return this.#submit(run, true, signal)
  }

  /**
   * Resolves once no task is running; at once where none is.
   *
   * @param onOverdue told when the one that runs is past its deadline, until {@link unabandon}.
   */
  idle(onOverdue?: () => void): Promise<void> {
    if (this.#running === undefined) return IDLE
    const idle = new Promise<void>((resolve) => (this.#idleWaiters ??= []).push(resolve))
    this.#onOverdue = onOverdue
    if (this.stuck) onOverdue?.()
    return idle
  }

  /** Goes on, after what `blocked` answers has changed. Never runs a task before returning. */
  resume(): void {
    if (this.waiting > 0) queueMicrotask(() => this.#advance())
  }

  /** Refuses what waits and whatever is submitted from now on. */
  refuse(error: () => Error): void {
    this.#refusal = error
    if (this.waiting > 0) void this.#rejectWaiting(error)
  }

  /**
   * No longer waits for the task in flight. Its caller is told that its outcome is unknown, unless that was done
   * already.
   */
  abandon(): void {
    const task = this.#running
    if (task === undefined || task.nested !== undefined || task === SYNCHRONOUS) return
    task.giveUp()
    this.#abandoned = task
    this.#idle()
  }

  /** Waits for the abandoned task after all, where it has not settled by now. */
  unabandon(): void {
    const task = this.#abandoned
    this.#abandoned = undefined
    this.#onOverdue = undefined
    if (task === undefined || task.ended) return
    this.#running = task
    void this.#rejectWaiting(() => this.#owner.errors.stuck())
  }

  /** Forgets the abandoned task, as another resource has taken the place of its own. */
  forgetAbandoned(): void {
    this.#abandoned = undefined
  }

  #submit<T>(run: () => MaybePromise<T>, scoped: boolean, signal: AbortSignal | undefined): Promise<T> {
    const running = this.#running
    if (signal?.aborted === true) return Promise.reject(this.#owner.errors.aborted(signal.reason))
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal())
    if (running === undefined) {
      // An idle queue runs a synchronous task at once, at the cost of neither an entry nor a timer.
      if (this.waiting === 0 && !this.#owner.blocked()) return scoped ? this.#runScoped(run) : this.#run(run)
    } else {
      if (running.givenUp) return Promise.reject(this.#owner.errors.stuck())
      if (running.scoped && running.nested === undefined && isInside(running)) {
        return Promise.reject(this.#owner.errors.reentered())
      }
    }
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = {
        run,
        scoped,
        resolve: resolve as (value: unknown) => void,
        reject,
        queuedAt: this.#owner.terms.clock.now(),
        state: 'apart',
        stopListening: undefined,
      }
      if (signal !== undefined) waiting.stopListening = onAbort(signal, () => this.#withdraw(waiting, signal.reason))
      if (running?.nested !== undefined) running.nested.push(waiting)
      else this.#enqueue(waiting)
      this.#owner.queued?.()
      // What held the others up is over, and nobody has told the queue yet.
      if (running === undefined && this.waiting > 1 && !this.#owner.blocked()) this.resume()
    })
  }

  #enqueue(waiting: Waiting): void {
    if (this.#waiting === NONE) this.#waiting = []
    this.#waiting.push(waiting)
    waiting.state = 'queued'
  }

  #withdraw(waiting: Waiting, reason: unknown): void {
    waiting.stopListening?.()
    if (waiting.state === 'queued') this.#withdrawn += 1
    waiting.state = 'withdrawn'
    waiting.reject(this.#owner.errors.aborted(reason))
    this.#dropWithdrawn()
  }

  /** Drops those that were withdrawn and are first now. */
  #dropWithdrawn(): void {
    while (this.#waiting[this.#head]?.state === 'withdrawn') {
      this.#withdrawn -= 1
      this.#dropFirst()
    }
  }

  #dropFirst(): void {
    this.#head += 1
    // Shifting an array costs its length, so what has been run is dropped a thousand at a time.
    if (this.#head === this.#waiting.length || this.#head === 1024) {
      this.#waiting = this.#head === this.#waiting.length ? NONE : this.#waiting.slice(this.#head)
      this.#head = 0
    }
  }

  #run<T>(run: () => MaybePromise<T>): Promise<T> {
    this.#running = SYNCHRONOUS
    let outcome: MaybePromise<T>
    try {
      outcome = run()
    } catch (error) {
      this.#idle()
      return Promise.reject(error)
    }
    if (isPromiseLike(outcome)) return this.#watch(Promise.resolve(outcome), begun(false, undefined))
    this.#idle()
    return Promise.resolve(outcome)
  }

  #runScoped<T>(run: () => MaybePromise<T>): Promise<T> {
    const nested: Waiting[] = []
    const task = begun(true, nested)
    this.#running = task
    let outcome: MaybePromise<T>
    try {
      outcome = enterScope(task, run)
    } catch (error) {
      this.#endScoped(task, nested)
      return Promise.reject(error)
    }
    if (!isPromiseLike(outcome)) {
      this.#endScoped(task, nested)
      return Promise.resolve(outcome)
    }
    task.nested = undefined
    for (const { reject, stopListening } of nested) {
      stopListening?.()
      reject(this.#owner.errors.reentered())
    }
    return this.#watch(Promise.resolve(outcome), task)
  }

  /** A task that has ended without a wait: what it submitted waits for nothing but its turn. */
  #endScoped(task: Running, nested: readonly Waiting[]): void {
    task.ended = true
    task.nested = undefined
    leaveScope()
    for (const waiting of nested) if (waiting.state === 'apart') this.#enqueue(waiting)
    this.#idle()
  }

  #advance(): void {
    if (this.#running !== undefined || this.waiting === 0 || this.#owner.blocked()) return
    if (this.#slice === undefined) this.#beginSlice()
    // What the slice has no time for goes on in the next one.
    else if (this.#slice.due()) return
    const task = this.#waiting[this.#head] as Waiting
    this.#dropFirst()
    this.#dropWithdrawn()
    task.stopListening?.()
    const outcome = task.scoped ? this.#runScoped(task.run) : this.#run(task.run)
    outcome.then(task.resolve, task.reject)
  }

  /** Runs in slices what was held: a hundred thousand writes may go on at once, and the event loop is to turn. */
  #beginSlice(): void {
    const slice = (this.#slice = new Slices())
    void slice.pause().then(() => {
      this.#slice = undefined
      this.#advance()
    })
  }

  #watch<T>(outcome: Promise<T>, task: Running): Promise<T> {
    this.#owner.begun?.()
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        if (task.givenUp) return
        task.givenUp = true
        deadline.cancel()
        if (task.scoped) leaveScope()
        reject(this.#owner.errors.overdue())
      }
      // Not written as its right side: V8 makes such a function in old space, and young collections would keep all it uses.
      task.giveUp = giveUp
      const deadline = Deadlines.of(this.#owner.terms.clock).set(this.#owner.terms.taskTimeoutMs, () => {
        giveUp()
        void this.#rejectWaiting(() => this.#owner.errors.stuck())
        this.#onOverdue?.()
      })
      const settle = (): void => {
        task.ended = true
        deadline.cancel()
        if (task.scoped && !task.givenUp) leaveScope()
        if (this.#running === task) this.#idle()
      }
      this.#running = task
      outcome.then(
        (value) => {
          settle()
          resolve(value)
        },
        (error: unknown) => {
          settle()
          reject(error)
        },
      )
    })
  }

  #idle(): void {
    this.#running = undefined
    this.#onOverdue = undefined
    const waiters = this.#idleWaiters
    if (waiters !== undefined) {
      this.#idleWaiters = undefined
      for (const wake of waiters) wake()
    }
    this.resume()
  }

  async #rejectWaiting(error: () => Error): Promise<void> {
    const waiting = this.#waiting.slice(this.#head)
    this.#waiting = NONE
    this.#head = 0
    this.#withdrawn = 0
    const slices = new Slices()
    // Before any is told, as signals may fire between two of them.
    for (const one of waiting) if (one.state === 'queued') one.state = 'apart'
    for (const one of waiting) {
      if (one.state === 'withdrawn') continue
      one.stopListening?.()
      one.reject(error())
      if (slices.due()) await slices.pause()
    }
  }
}
