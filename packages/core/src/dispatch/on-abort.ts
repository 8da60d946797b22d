interface Fan {
  readonly listeners: Set<() => void>
  readonly tellAll: () => void
}

const fans = new WeakMap<AbortSignal, Fan>()

/**
 * Calls `listener`, which is not to throw, when `signal` fires; never, where it has fired already. However many there are,
 * the signal has one listener: many wait on the signal of one caller, and Node warns of a leak at more than ten.
 *
 * @returns what takes the listener off again.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const fan = fans.get(signal) ?? fanOf(signal)
  // A function of its own for each call, so that one listener may be there twice.
  const own = (): void => listener()
  fan.listeners.add(own)
  return () => {
    fan.listeners.delete(own)
    if (fan.listeners.size > 0 || fans.get(signal) !== fan) return
    signal.removeEventListener('abort', fan.tellAll)
    fans.delete(signal)
  }
}

function fanOf(signal: AbortSignal): Fan {
  const listeners = new Set<() => void>()
  const tellAll = (): void => {
    for (const tell of listeners) tell()
  }
  const fan = { listeners, tellAll }
  signal.addEventListener('abort', tellAll, { once: true })
  fans.set(signal, fan)
  return fan
}
