import { turn } from './turn.js'
import { DISPOSE } from '../../dispose.js'

const LONGEST_MS = 2 ** 31 - 1

/**
 * While this is there, a timer that is due at once fires in the next turn of the event loop, in the order in which such
 * timers were set. Otherwise it depends on the machine how many turns pass in its millisecond, and what a run saw would
 * not be found again in the next. Cells that wait for many of them are quicker, too.
 */
export class PromptTimers implements Disposable {
  readonly #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }
  /** Timers that have not fired, by number. */
  readonly #due = new Set<number>()

  constructor() {
    const { setTimeout: real } = this.#real
    const set = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): unknown =>
      Number(ms ?? 0) > 0 ? real(callback, ms, ...args) : this.#set(() => callback(...args))
    const clear = (timer: unknown): void => this.#clear(timer)
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
  }

  [DISPOSE](): void {
    Object.assign(globalThis, this.#real)
  }

  /** What is given is a timer of the platform, with all its methods; it stands for the turn. */
  #set(callback: () => void): unknown {
    const timer = this.#real.setTimeout(() => {}, LONGEST_MS)
    const number = Number(timer)
    this.#due.add(number)
    void turn().then(() => {
      if (!this.#due.delete(number)) return
      this.#real.clearTimeout(timer)
      callback()
    })
    return timer
  }

  #clear(timer: unknown): void {
    this.#due.delete(Number(timer))
    this.#real.clearTimeout(timer as Parameters<typeof clearTimeout>[0])
  }
}
