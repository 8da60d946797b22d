import { turn } from './turn.js'
import { DISPOSE } from '../../dispose.js'

const LONGEST_MS = 2 ** 31 - 1

/**
 * Until it is disposed, a timer that is due at once fires in the next turn of the event loop, in the order in which
 * such timers were set. Without it the number of turns in the timer's millisecond depends on the machine, and one run
 * would not find the calls of another. Cells that wait for many such timers are also faster.
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

  /** Gives a timer of the platform, with all its methods, in place of the turn that it stands for. */
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
