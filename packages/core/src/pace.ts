import { option, type OptionChecks } from './options.js'
import { Slices } from './slices.js'

/** How much of the thread reloads may take. */
export interface PaceOptions {
  /** How long they may keep the event loop from turning at a time, in milliseconds. Default 2. */
  readonly sliceMs?: number | undefined
  /**
   * Their share of the thread's time while there is enough to do, above 0 and at most 1: with ½ each slice is followed
   * by a pause as long as it was. Writers that are held are not kept waiting for that. Default 1.
   */
  readonly share?: number | undefined
}

export const PACE: OptionChecks<PaceOptions> = {
  sliceMs: option.positive,
  share: option.numberThat('a number above 0 and at most 1', (value) => value > 0 && value <= 1),
}

/** Slices that all work of a host shares: one is under way at a time, and whoever pauses goes on in the next one. */
export class Pace extends Slices {
  readonly #sliceMs: number
  readonly #share: number
  #startedAt = performance.now()
  /** What goes on in the next slice: first what paused first. */
  #paused: (() => void)[] = []
  #next = 0
  #underHold: Pace | undefined

  constructor({ sliceMs = 2, share = 1 }: PaceOptions = {}) {
    super(sliceMs)
    this.#sliceMs = sliceMs
    this.#share = share
  }

  /** The pace of work that held writers wait for: the same slices, and no pauses for the share. */
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

  /** Lets what paused go on, one after the other, each until it waits again. What the slice has no time for is left. */
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

  /** How long to pause for the share. Two slices count as work at most: the rest of the time may have been waiting. */
  #restMs(): number {
    if (this.#share === 1) return 0
    const workedMs = Math.min(performance.now() - this.#startedAt, 2 * this.#sliceMs)
    return Math.ceil((workedMs * (1 - this.#share)) / this.#share)
  }
}
