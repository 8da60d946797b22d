import type { Clock } from '@uni/reload-core'

export interface PendingTimer<T> {
  readonly id: string
  readonly payload: T
  /** Milliseconds of the clock. */
  readonly dueAt: number
  /** Absent: it fires once. */
  readonly everyMs?: number | undefined
}

export interface ScheduleOptions<T> {
  readonly clock: Clock
  /**
   * Fires a timer that is due. Says at once whether it does; where it does not, `again` is called when it may be asked
   * once more.
   */
  fire(timer: PendingTimer<T>, again: () => void): Promise<void> | undefined
}

/** The timers that are pending. They belong to the host: whichever version serves, it is asked to fire what is due. */
export class Schedule<T> {
  readonly #options: ScheduleOptions<T>
  readonly #pending = new Map<string, PendingTimer<T>>()
  /** Those that fire again, and are firing. */
  readonly #firing = new Set<string>()
  #armed = false
  #cancel: (() => void) | undefined

  constructor(options: ScheduleOptions<T>) {
    this.#options = options
  }

  pending(): PendingTimer<T>[] {
    return [...this.#pending.values()].toSorted((a, b) => a.dueAt - b.dueAt)
  }

  /** In place of what is pending under its id. */
  set(timer: PendingTimer<T>): void {
    this.#pending.set(timer.id, timer)
    this.#arm()
  }

  /** Whether it was pending. */
  clear(id: string): boolean {
    const was = this.#pending.delete(id)
    this.#arm()
    return was
  }

  /** From here on what is due fires. */
  start(): void {
    this.#armed = true
    this.#arm()
  }

  /** From here on nothing fires. */
  stop(): void {
    this.#armed = false
    this.#arm()
  }

  /** Waits for what is due next. */
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
      // It stays pending, and fires when it may.
      if (fired === undefined) return
      this.#fired(next, fired)
    }
    this.#arm()
  }

  /** One that repeats waits for its last firing, and does not make up for what it missed meanwhile. */
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
