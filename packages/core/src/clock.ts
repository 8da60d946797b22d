/** Time, as the library uses it. Injected, so that tests need not wait. */
export interface Clock {
  /** Milliseconds from an arbitrary origin; never goes back. */
  now(): number
  /** Calls `callback` once after `ms` milliseconds unless the returned function is called first. */
  after(ms: number, callback: () => void): () => void
}

/** The platform's own monotonic clock and timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    // A timer beyond 2^31-1 ms would fire at once; a deadline that long never passes.
    if (ms > 0x7fffffff) return () => {}
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
