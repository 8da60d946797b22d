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
  /**
   * `apart`: not in the queue, not yet or no more. `withdrawn`: its caller's signal has fired, and it is passed over.
   */
  state: 'apart' | 'queued' | 'withdrawn'
  /** Stops listening to the caller's signal. */
  stopListening: (() => void) | undefined
}

/** A task that has begun. */
interface Running extends ScopedCall {
  ended: boolean
  /** Whether tasks that are submitted from inside it are refused while it is pending. */
  readonly scoped: boolean
  /** The tasks that its synchronous part has submitted; `undefined` once that part is over. */
  nested: Waiting[] | undefined
  /** Whether its caller was told that its outcome is unknown. */
  givenUp: boolean
  giveUp(): void
}

/** The errors that the queue itself rejects with, a new one for each caller. */
interface QueueErrors {
  /** For a task that has begun, and is past its deadline or abandoned. */
  overdue(): Error
  /** For a task that has not begun, while another is past its deadline and has not settled. */
  stuck(): Error
  /** For a task that was submitted from inside another, where each would wait for the other. */
  reentered(): Error
  /** For a task whose signal fires before it has begun. */
  aborted(reason: unknown): Error
}

/** What a queue works for. */
export interface QueueOwner {
  /** `taskTimeoutMs`: milliseconds one task may take. */
  readonly terms: { readonly clock: Clock; readonly taskTimeoutMs: number }
  readonly errors: QueueErrors
  /** Whether the next task has to wait. */
  blocked(): boolean
  /** Called when a task has begun that did not end synchronously. */
  begun?(): void
  /** Called when a task has to wait. */
  queued?(): void
}

/** Shared by all queues in which nothing waits. */
const NONE: never[] = []
const IDLE = Promise.resolve()

/**
 * Stands for any unscoped task while its synchronous part runs: that cannot be given up on, nor submit scoped tasks.
 */
const SYNCHRONOUS = begun(false, undefined)

function begun(scoped: boolean, nested: Waiting[] | undefined): Running {
  return { ended: false, scoped, nested, givenUp: false, giveUp: () => {} }
}

/**
 * Runs tasks in order, one at a time. A task that is past its deadline is given up on, but until it settles nothing
 * runs beside it, unless it is abandoned.
 */
export class SerialQueue {
  readonly #owner: QueueOwner
  #waiting: Waiting[] = NONE
  #head = 0
  /** How many entries of `#waiting` are withdrawn. The one at `#head` never is. */
  #withdrawn = 0
  #running: Running | undefined
  /** The task that {@link abandon} was called for. */
  #abandoned: Running | undefined
  #refusal: (() => Error) | undefined
  #idleWaiters: (() => void)[] | undefined
  #onOverdue: (() => void) | undefined
  /** The slice of this turn of the event loop; `undefined` where no waiting task has been run in this turn. */
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

  /** @param signal withdraws the task if it fires before the task has begun. */
  submit<T>(run: () => MaybePromise<T>, signal?: AbortSignal): Promise<T> {
    return this.#submit(run, false, signal)
  }

  /**
   * Like {@link submit}, but while this task is pending, tasks submitted from inside it are refused, since each would
   * wait for the other.
   */
  submitScoped<T>(run: () => MaybePromise<T>, signal?: AbortSignal): Promise<T> {
    return this.#submit(run, true, signal)
  }

  /**
   * Resolves once no task is running; at once where none is.
   *
   * @param onOverdue is called when the running task is past its deadline, unless {@link unabandon} was called before.
   */
  idle(onOverdue?: () => void): Promise<void> {
    if (this.#running === undefined) return IDLE
    const idle = new Promise<void>((resolve) => (this.#idleWaiters ??= []).push(resolve))
    this.#onOverdue = onOverdue
    if (this.stuck) onOverdue?.()
    return idle
  }

  /** Runs what waits, in a microtask. To be called when `blocked` has become false. */
  resume(): void {
    if (this.waiting > 0) queueMicrotask(() => this.#advance())
  }

  /** Refuses the tasks that wait and all that are submitted later. */
  refuse(error: () => Error): void {
    this.#refusal = error
    if (this.waiting > 0) void this.#rejectWaiting(error)
  }

  /**
   * Goes on without waiting for the running task. Its caller is told that its outcome is unknown, unless it knows.
   */
  abandon(): void {
    const task = this.#running
    if (task === undefined || task.nested !== undefined || task === SYNCHRONOUS) return
    task.giveUp()
    this.#abandoned = task
    this.#idle()
  }

  /** Takes {@link abandon} back: if the abandoned task has not settled, the queue is stuck until it does. */
  unabandon(): void {
    const task = this.#abandoned
    this.#abandoned = undefined
    this.#onOverdue = undefined
    if (task === undefined || task.ended) return
    this.#running = task
    void this.#rejectWaiting(() => this.#owner.errors.stuck())
  }

  /** Forgets the abandoned task: another resource has taken the place of the one it worked on. */
  forgetAbandoned(): void {
    this.#abandoned = undefined
  }

  #submit<T>(run: () => MaybePromise<T>, scoped: boolean, signal: AbortSignal | undefined): Promise<T> {
    const running = this.#running
    if (signal?.aborted === true) return Promise.reject(this.#owner.errors.aborted(signal.reason))
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal())
    if (running === undefined) {
      // An idle queue runs a task at once; a synchronous one then needs neither an entry nor a timer.
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
      // `blocked` became false without a call of `resume`.
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

  /** Keeps the entry at `#head` from being a withdrawn one. */
  #dropWithdrawn(): void {
    while (this.#waiting[this.#head]?.state === 'withdrawn') {
      this.#withdrawn -= 1
      this.#dropFirst()
    }
  }

  #dropFirst(): void {
    this.#head += 1
    // `shift` costs the length of the array, so entries that are done are dropped a thousand at a time.
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

  /** Ends a task that was synchronous: the tasks it submitted do not wait for it, and join the queue. */
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
    // The slice is used up: its `pause` calls this again.
    else if (this.#slice.due()) return
    const task = this.#waiting[this.#head] as Waiting
    this.#dropFirst()
    this.#dropWithdrawn()
    task.stopListening?.()
    const outcome = task.scoped ? this.#runScoped(task.run) : this.#run(task.run)
    outcome.then(task.resolve, task.reject)
  }

  /** Begins a slice, after which the event loop turns: a hundred thousand writes may have been held. */
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
      // Not a function literal: V8 makes one that is assigned to a property in old space, with all that it refers to.
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
    // First for all: a signal may fire in a pause below, and is not to count an entry that has left the queue.
    for (const one of waiting) if (one.state === 'queued') one.state = 'apart'
    for (const one of waiting) {
      if (one.state === 'withdrawn') continue
      one.stopListening?.()
      one.reject(error())
      if (slices.due()) await slices.pause()
    }
  }
}
