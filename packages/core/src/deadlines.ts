import type { Clock } from './clock.js'

/** A deadline that is pending. */
export interface Deadline {
  /** Does nothing once it has passed. */
  cancel(): void
}

interface Pending extends Deadline {
  readonly dueAt: number
  readonly passed: () => void
  list: List | undefined
  before: Pending | undefined
  after: Pending | undefined
}

/** The pending deadlines of one length, in the order in which they were set: that is the order in which they pass. */
interface List {
  first: Pending | undefined
  last: Pending | undefined
}

/**
 * Deadlines that share one timer of a clock, that of the earliest. To set or to cancel one takes constant time: those
 * of one length are a list, as in timing wheels (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP
 * 1987).
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #lists = new Map<number, List>()
  #pending = 0
  #timer: { readonly dueAt: number; readonly cancel: () => void } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The deadlines that everybody with this clock shares. */
  static of(clock: Clock): Deadlines {
    let deadlines = ofClocks.get(clock)
    if (deadlines === undefined) ofClocks.set(clock, (deadlines = new Deadlines(clock)))
    return deadlines
  }

  /** Calls `passed` after `ms` milliseconds, unless it is cancelled before. */
  set(ms: number, passed: () => void): Deadline {
    let list = this.#lists.get(ms)
    if (list === undefined) this.#lists.set(ms, (list = { first: undefined, last: undefined }))
    const pending: Pending = {
      dueAt: this.#clock.now() + ms,
      passed,
      list,
      before: list.last,
      after: undefined,
      cancel: () => {
        this.#unlink(pending)
      },
    }
    if (list.last === undefined) list.first = pending
    else list.last.after = pending
    list.last = pending
    this.#pending += 1
    if (this.#timer === undefined || pending.dueAt < this.#timer.dueAt) this.#arm(pending.dueAt, ms)
    return pending
  }

  #unlink(pending: Pending): void {
    const { list, before, after } = pending
    if (list === undefined) return
    if (before === undefined) list.first = after
    else before.after = after
    if (after === undefined) list.last = before
    else after.before = before
    pending.list = pending.before = pending.after = undefined
    this.#pending -= 1
    if (this.#pending > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#lists.clear()
  }

  #arm(dueAt: number, ms: number): void {
    this.#timer?.cancel()
    this.#timer = {
      dueAt,
      cancel: this.#clock.after(ms, () => {
        this.#fire()
      }),
    }
  }

  #fire(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const { first } of Array.from(this.#lists.values())) {
      for (let pending = first; pending !== undefined && pending.dueAt <= now;) {
        const { after } = pending
        // A deadline that has passed just before may have cancelled this one.
        if (pending.list !== undefined) {
          this.#unlink(pending)
          pending.passed()
        }
        pending = after
      }
    }
    this.#rearm(now)
  }

  #rearm(now: number): void {
    let earliest = Number.POSITIVE_INFINITY
    for (const [ms, { first }] of this.#lists) {
      if (first === undefined) this.#lists.delete(ms)
      else earliest = Math.min(earliest, first.dueAt)
    }
    if (earliest < (this.#timer?.dueAt ?? Number.POSITIVE_INFINITY)) this.#arm(earliest, Math.max(0, earliest - now))
  }
}

const ofClocks = new WeakMap<Clock, Deadlines>()
