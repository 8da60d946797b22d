import { systemClock } from '../clock.js'
import type { MaybePromise } from '../maybe-promise.js'

/** After this many milliseconds in which no call begins or settles, none is expected to any more. */
export const DEADLINE_MS = 30_000

const MOST_NAMED = 5

/**
 * A deadline passes only after as many turns of the event loop in which nothing happened: when a suspended process goes
 * on, its timers are due before its calls settle.
 */
const LOOKS = 4

/**
 * Gives up on what never settles. It counts only the time in which no call begins or settles, so that a slow machine
 * has as long as it needs.
 */
export class Deadline {
  readonly ms: number
  readonly #pending = new Set<{ readonly what: string }>()
  #moves = 0

  constructor(ms: number) {
    this.ms = ms
  }

  /** Makes a call, and returns its result. Until that has settled, `pending` names the call. */
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
      // Only a promise is listened to: another thenable may begin its work anew for each listener.
      if (outcome instanceof Promise) outcome.then(settle, settle)
      else settle()
    }
  }

  /** The pending calls, in words. Those that began last come first, as the others may wait for them. */
  get pending(): string {
    const names = [...new Set([...this.#pending].toReversed().map(({ what }) => what))]
    if (names.length === 0) return 'no call that has a name is pending'
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
    return `${names.slice(0, MOST_NAMED).join(', ')}${more} ${names.length === 1 ? 'has' : 'have'} not settled`
  }

  /** Has the deadline begin anew. */
  move(): void {
    this.#moves += 1
  }

  /**
   * Runs `body`, and resolves with its result.
   *
   * @throws what `expired` makes of the pending calls, once the deadline has passed.
   */
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
