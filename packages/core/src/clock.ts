/** Time, as the library uses it. Injected, so that tests need not wait. */
export interface Clock {
  /** Milliseconds from an arbitrary origin; never goes back. */
  now(): number
  /** Calls `callback` once after `ms` milliseconds unless the returned function is called first. */
  after(ms: number, callback: () => void): () => void
}

/**
 * The longest that a timer of the platform takes, in milliseconds: about 24.8 days. Beyond it, it would fire at once.
 */
const LONGEST_TIMER_MS = 0x7fffffff

/**
 * The platform's own monotonic clock and timers. What is to be called after `Infinity` never is, and keeps no process
 * alive.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    let timer: ReturnType<typeof setTimeout>
    const wait = (left: number): void => {
      timer =
        left > LONGEST_TIMER_MS
          ? setTimeout(() => {
              wait(left - LONGEST_TIMER_MS)
            }, LONGEST_TIMER_MS)
          : setTimeout(callback, left)
    }
    if (ms === Number.POSITIVE_INFINITY) return () => {}
    wait(ms)
    return () => {
      clearTimeout(timer)
    }
  },
}

/** How long a coarse time is taken for the present one, in milliseconds. */
const BEAT_MS = 20

/**
 * The time of {@link systemClock} in whole milliseconds, some tens of them late, for what is dated often and seldom
 * read: reading a clock takes longer than to capture an epoch. A timer runs while it is asked, and keeps no process
 * alive.
 */
class CoarseTime {
  #now = 0
  #asked = false
  #beat: ReturnType<typeof setInterval> | undefined

  now(): number {
    this.#asked = true
    if (this.#beat === undefined) this.#start()
    return this.#now
  }

  #start(): void {
    this.#now = Math.floor(systemClock.now())
    this.#beat = setInterval(() => {
      if (!this.#asked) this.#stop()
      this.#now = Math.floor(systemClock.now())
      this.#asked = false
    }, BEAT_MS)
    const { unref } = this.#beat as { unref?: () => void }
    unref?.call(this.#beat)
  }

  #stop(): void {
    clearInterval(this.#beat)
    this.#beat = undefined
  }
}

export const coarseTime = new CoarseTime()
