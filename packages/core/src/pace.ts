import { option, type OptionChecks } from './options.js'
import { Slices } from './slices.js'

/** How much of the thread reloads may take. */
export interface PaceOptions {
  /** How long they may keep the event loop from turning at a time, in milliseconds. Default 4. */
  readonly sliceMs?: number
  /**
   * Their share of the thread's time while there is enough to do, above 0 and at most 1: with ½ each slice is followed by
   * a pause as long as it was. Writers that are held are not kept waiting for that. Default 1.
   */
  readonly share?: number
}

export const PACE: OptionChecks<PaceOptions> = {
  sliceMs: option.positive,
  share: option.numberThat('a number above 0 and at most 1', (value) => value > 0 && value <= 1),
}

/** As with `Slices`, whose instances know nothing of one another: here all that is done shares one slice at a time. */
export class Pace extends Slices {
  readonly #sliceMs: number
  readonly #share: number
  #startedAt = performance.now()
  /** What goes on in the next slice, in the order in which it paused. */
  #paused: (() => void)[] = []
  #next = 0
  #underHold: Pace | undefined

  constructor({ sliceMs = 4, share = 1 }: PaceOptions = {}) {
    super(sliceMs)
    this.#sliceMs = sliceMs
    this.#share = share
  }

  /** For what is done while writers wait for it. */
  get underHold(): Pace {
    return (this.#underHold ??= this.#share === 1 ? this : new Pace({ sliceMs: this.#sliceMs }))
  }

  override due(): boolean {
    return performance.now() - this.#startedAt >= this.#sliceMs
  }

  override pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#paused.push(resolve)
      if (this.#paused.length === 1) void this.#goOnLater()
    })
  }

  async #goOnLater(): Promise<void> {
    const restMs = this.#restMs()
    await (restMs > 0
      ? new Promise((resolve) => {
          setTimeout(resolve, restMs)
        })
      : super.pause())
    this.#startedAt = performance.now()
    this.#goOn()
  }

  /** Each begins once the one before has used what it was given, as far as it did not wait for anything. */
  #goOn(): void {
    const go = this.#paused[this.#next]
    if (go === undefined) {
      this.#paused = []
      this.#next = 0
      return
    }
    if (this.#next > 0 && this.due()) {
      this.#paused.splice(0, this.#next)
      this.#next = 0
      void this.#goOnLater()
      return
    }
    this.#next += 1
    go()
    queueMicrotask(() => {
      this.#goOn()
    })
  }

  /** What began in a turn of its own may have waited for long: it has not worked all that time. */
  #restMs(): number {
    if (this.#share === 1) return 0
    const workedMs = Math.min(performance.now() - this.#startedAt, 2 * this.#sliceMs)
    return Math.ceil((workedMs * (1 - this.#share)) / this.#share)
  }
}
