import { systemClock } from '../clock.js'
import type { MaybePromise } from '../maybe-promise.js'

/** How long nothing may happen, in milliseconds, until what is waited for is taken never to come. */
export const DEADLINE_MS = 30_000

const MOST_NAMED = 5

/**
 * In so many turns of the event loop, at least, nothing has to have happened: a process that was suspended has more to
 * do than its timers.
 */
const LOOKS = 4

/**
 * Ends what never settles. It counts the time in which no call begins or settles, so that a slow machine may take its
 * time.
 */
export class Deadline {
  readonly ms: number
  readonly #pending = new Set<{ readonly what: string }>()
  #moves = 0

  constructor(ms: number) {
    this.ms = ms
  }

  /**
   * Runs a call, and gives what it gives. As long as its promise has not settled, it is one of those that are named.
   */
  call<T>(what: string, run: () => T): T {
    const call = { what }
    const settle = (): void => {
      this.#pending.delete(call)
      this.#moves += 1
    }
    this.#moves += 1
    this.#pending.add(call)
    let outcome: T | undefined
    try {
      outcome = run()
      return outcome
    } finally {
      // Any other thenable may begin its work with each listener.
      if (outcome instanceof Promise) outcome.then(settle, settle)
      else settle()
    }
  }

  /** The calls that have not settled, in words: those that began last first, as the others wait for them. */
  get pending(): string {
    const names = [...new Set([...this.#pending].toReversed().map(({ what }) => what))]
    if (names.length === 0) return 'no call that has a name is pending'
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
    return `${names.slice(0, MOST_NAMED).join(', ')}${more} ${names.length === 1 ? 'has' : 'have'} not settled`
  }

  /** Something has begun that has all the time there is for itself. */
  move(): void {
    this.#moves += 1
  }

  /** What `body` gives. @throws what `expired` makes of what is known, once nothing has happened for too long. */
  within<T>(body: () => MaybePromise<T>, expired: (what: string) => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      let cancel = (): void => {}
      let moves = this.#moves
      const look = (quiet: number): void => {
        cancel = systemClock.after(this.ms / LOOKS, () => {
          if (this.#moves !== moves) {
            moves = this.#moves
            look(0)
          } else if (quiet + 1 < LOOKS) {
            look(quiet + 1)
          } else {
            reject(expired(`nothing has happened for ${this.ms} ms, and ${this.pending}`))
          }
        })
      }
      look(0)
      void (async () => body())()
        .then(resolve, reject)
        .finally(() => cancel())
    })
  }
}
