import { performance } from 'node:perf_hooks'
import { systemClock, type Clock } from '@uni/reload-core'

/** Milliseconds so far in which the event loop was active, and in which a processor worked for the process. */
interface Spent {
  readonly activeMs: number
  readonly cpuMs: number
}

/** The least between two looks at what was spent. In less, the two are not counted to the same moment. */
const LOOK_MS = 20

/**
 * The time that a process has for itself: while it has work to do and waits for a processor, this clock stands still.
 * By it a version that hangs is given up on as soon as ever, and a good one does not fail because the machine has other
 * things to do.
 *
 * The process waits while its event loop is active and no processor works for it.
 */
export class OwnTime implements Clock {
  readonly #clock: Clock
  readonly #spent: () => Spent
  #last: Spent & { readonly at: number }
  #waitedMs = 0
  #now = Number.NEGATIVE_INFINITY

  constructor(clock: Clock = systemClock, spent: () => Spent = spentByProcess) {
    this.#clock = clock
    this.#spent = spent
    this.#last = { at: clock.now(), ...spent() }
  }

  now(): number {
    const [at, last] = [this.#clock.now(), this.#last]
    if (at - last.at >= LOOK_MS) {
      const next = (this.#last = { at, ...this.#spent() })
      const waited = next.activeMs - last.activeMs - (next.cpuMs - last.cpuMs)
      this.#waitedMs += Math.min(at - last.at, Math.max(0, waited))
    }
    return (this.#now = Math.max(this.#now, at - this.#waitedMs))
  }

  after(ms: number, callback: () => void): () => void {
    const dueAt = this.now() + ms
    let cancel: () => void
    const wait = (leftMs: number): void => {
      cancel = this.#clock.after(leftMs, () => {
        const left = dueAt - this.now()
        if (left > 0) wait(left)
        else callback()
      })
    }
    wait(ms)
    return () => {
      cancel()
    }
  }
}

function spentByProcess(): Spent {
  const { user, system } = process.cpuUsage()
  return { activeMs: performance.eventLoopUtilization().active, cpuMs: (user + system) / 1000 }
}
