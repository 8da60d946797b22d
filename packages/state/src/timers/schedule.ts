import type { Clock } from '@uni/reload-core'

export interface PendingTimer<T> {
  readonly id: string
  readonly payload: T
  /** In milliseconds of the clock. */
  readonly dueAt: number
  /** The interval in milliseconds; absent where it fires once. */
  readonly everyMs?: number | undefined
}

export interface ScheduleOptions<T> {
  readonly clock: Clock
  /** Fires a timer that is due. Returns `undefined` where it cannot be fired yet: `again` is called when it can. */
  fire(timer: PendingTimer<T>, again: () => void): Promise<void> | undefined
}

/** The pending timers. They belong to the host: it asks whichever version serves to fire those that are due. */
export class Schedule<T> {
  readonly #options: ScheduleOptions<T>
  readonly #pending = new Map<string, PendingTimer<T>>()
  /** Repeating timers that are firing. */
  readonly #firing = new Set<string>()
  #armed = false
  #cancel: (() => void) | undefined

  constructor(options: ScheduleOptions<T>) {
    this.#options = options
  }

  pending(): PendingTimer<T>[] {
    return [...this.#pending.values()].toSorted((a, b) => a.dueAt - b.dueAt)
  }

  /** Sets a timer in place of the pending one with its id. */
  set(timer: PendingTimer<T>): void {
    this.#pending.set(timer.id, timer)
    this.#arm()
  }

  /** Returns whether the timer was pending. */
  clear(id: string): boolean {
    const was = this.#pending.delete(id)
    this.#arm()
    return was
  }

  /** Begins to fire timers that are due. */
  start(): void {
    this.#armed = true
    this.#arm()
  }

  /** Stops firing. */
  stop(): void {
    this.#armed = false
    this.#arm()
  }

  /** Sets a timeout for the timer that is due next. */
  readonly #arm = (): void => {
    this.#cancel?.()
    this.#cancel = undefined
    if (!this.#armed) return
    const next = this.#next()
    if (next === undefined) return
    const { clock } = this.#options
    this.#cancel = clock.after(Math.max(0, next.dueAt - clock.now()), () => {
      this.#fireDue()
    })
  }

  #next(): PendingTimer<T> | undefined {
    let next: PendingTimer<T> | undefined
    for (const timer of this.#pending.values()) {
      if (!this.#firing.has(timer.id) && (next === undefined || timer.dueAt < next.dueAt)) next = timer
    }
    return next
  }

  #fireDue(): void {
    const now = this.#options.clock.now()
    for (let next = this.#next(); next !== undefined && next.dueAt <= now; next = this.#next()) {
      const fired = this.#options.fire(next, this.#arm)
      // It stays pending, and fires when `again` is called.
      if (fired === undefined) return
      this.#fired(next, fired)
    }
    this.#arm()
  }

  /** A repeating timer waits for its firing to end, and does not make up for times that it has missed. */
  #fired(timer: PendingTimer<T>, fired: Promise<void>): void {
    const { id, everyMs } = timer
    if (everyMs === undefined) {
      this.#pending.delete(id)
      return
    }
    this.#firing.add(id)
    void fired.finally(() => {
      this.#firing.delete(id)
      if (this.#pending.get(id) === timer) {
        const periods = Math.floor((this.#options.clock.now() - timer.dueAt) / everyMs) + 1
        this.#pending.set(id, { ...timer, dueAt: timer.dueAt + periods * everyMs })
      }
      this.#arm()
    })
  }
}
