import { onAbort, type Clock } from '@uni/reload-core'

/** Something that can be waited for: begins to watch, and returns a function that ends it. */
export type Source = (fire: () => void, fail: (error: unknown) => void) => () => void

/** Resolves with the name of the source that fires first, and leaves neither listener nor timer behind. */
export function firstOf<K extends string>(sources: Partial<Record<K, Source>>): Promise<K> {
  return new Promise<K>((resolve, reject) => {
    const ends: (() => void)[] = []
    let settled = false
    const settle = (outcome: () => void): void => {
      if (settled) return
      settled = true
      for (const end of ends) end()
      outcome()
    }
    for (const [name, watch] of Object.entries(sources) as [K, Source][]) {
      const end = watch(
        () => settle(() => resolve(name)),
        (error) => settle(() => reject(error)),
      )
      // A source that fires while it is set up is not in the list yet that `settle` goes through.
      if (settled) return end()
      ends.push(end)
    }
  })
}

export function aborted(signal: AbortSignal): Source {
  return (fire) => {
    if (signal.aborted) {
      fire()
      return () => {}
    }
    return onAbort(signal, fire)
  }
}

export function elapsed(clock: Clock, ms: number): Source {
  return (fire) => clock.after(ms, fire)
}

/** Waits for a promise that is made for it. `signal` fires when nobody waits any more. */
export function fulfilled(start: (signal: AbortSignal) => Promise<unknown>): Source {
  return (fire, fail) => {
    const waiting = new AbortController()
    start(waiting.signal).then(fire, fail)
    return () => waiting.abort()
  }
}
