import type { Clock } from '../clock.js'
import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'

interface Waiting {
  readonly run: () => MaybePromise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
  readonly queuedAt: number
}

export interface SerialQueueOptions {
  clock: Clock
  /** Milliseconds one task may take. */
  taskTimeoutMs: number
  /** Whether the next task has to wait. */
  blocked(): boolean
  /** What callers are told while a task is past its deadline and has not settled. */
  overdue(): Error
}

/** Runs tasks in order, one at a time. A task that hangs is given up on, but nothing runs beside it. */
export class SerialQueue {
  readonly #options: SerialQueueOptions
  #waiting: Waiting[] = []
  #head = 0
  #running = false
  #refusal: Error | undefined
  #overdue: Error | undefined
  #idleWaiters: (() => void)[] = []

  constructor(options: SerialQueueOptions) {
    this.#options = options
  }

  /** When the task that waits longest was submitted, by the queue's clock. */
  get oldestSubmission(): number | undefined {
    return this.#waiting[this.#head]?.queuedAt
  }

  submit<T>(run: () => MaybePromise<T>): Promise<T> {
    const refusal = this.#refusal ?? this.#overdue
    if (refusal !== undefined) return Promise.reject(refusal)
    // An idle queue runs a synchronous task at once, at the cost of neither an entry nor a timer.
    if (!this.#running && this.#head === this.#waiting.length && !this.#options.blocked()) return this.#runNow(run)
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, resolve: resolve as (value: unknown) => void, reject, queuedAt: this.#options.clock.now() })
    })
  }

  /** Resolves once no task is running; at once where none is. */
  idle(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#idleWaiters.push(resolve)) : Promise.resolve()
  }

  /** Goes on, after what `blocked` answers has changed. Never runs a task before returning. */
  resume(): void {
    if (this.#head < this.#waiting.length) queueMicrotask(() => this.#advance())
  }

  /** Refuses what waits and whatever is submitted from now on. */
  refuse(error: Error): void {
    this.#refusal = error
    this.#rejectWaiting(error)
  }

  #runNow<T>(run: () => MaybePromise<T>): Promise<T> {
    this.#running = true
    let outcome: MaybePromise<T>
    try {
      outcome = run()
    } catch (error) {
      this.#settled()
      return Promise.reject(error)
    }
    if (isPromiseLike(outcome)) return this.#watch(Promise.resolve(outcome))
    this.#settled()
    return Promise.resolve(outcome)
  }

  #advance(): void {
    if (this.#running || this.#head === this.#waiting.length || this.#options.blocked()) return
    const task = this.#waiting[this.#head] as Waiting
    this.#head += 1
    // Shifting an array costs its length, so what has been run is dropped a thousand at a time.
    if (this.#head === this.#waiting.length || this.#head === 1024) {
      this.#waiting = this.#waiting.slice(this.#head)
      this.#head = 0
    }
    this.#runNow(task.run).then(task.resolve, task.reject)
  }

  #watch<T>(outcome: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(this.#options.taskTimeoutMs, () => {
        this.#overdue = this.#options.overdue()
        reject(this.#overdue)
        this.#rejectWaiting(this.#overdue)
      })
      const settle = (): void => {
        cancel()
        this.#overdue = undefined
        this.#settled()
      }
      outcome.then((value) => { settle(); resolve(value) }, (error: unknown) => { settle(); reject(error) })
    })
  }

  #settled(): void {
    this.#running = false
    const waiters = this.#idleWaiters
    if (waiters.length > 0) {
      this.#idleWaiters = []
      for (const wake of waiters) wake()
    }
    this.resume()
  }

  #rejectWaiting(error: Error): void {
    const waiting = this.#waiting.slice(this.#head)
    this.#waiting = []
    this.#head = 0
    for (const task of waiting) task.reject(error)
  }
}
