/** Who is told that a signal has fired. */
export interface AbortListener {
  aborted(): void
}

interface Fan {
  readonly listeners: Set<AbortListener>
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
  // An object of its own for each call, so that one listener may be there twice.
  const own: AbortListener = { aborted: listener }
  listen(signal, own)
  return () => {
    unlisten(signal, own)
  }
}

/** The same, for an object that is there once. */
export function listen(signal: AbortSignal, listener: AbortListener): void {
  const fan = fans.get(signal) ?? fanOf(signal)
  fan.listeners.add(listener)
}

export function unlisten(signal: AbortSignal, listener: AbortListener): void {
  const fan = fans.get(signal)
  if (fan === undefined) return
  fan.listeners.delete(listener)
  if (fan.listeners.size > 0) return
  signal.removeEventListener('abort', fan.tellAll)
  fans.delete(signal)
}

function fanOf(signal: AbortSignal): Fan {
  const listeners = new Set<AbortListener>()
  const tellAll = (): void => {
    for (const listener of listeners) listener.aborted()
  }
  const fan = { listeners, tellAll }
  signal.addEventListener('abort', tellAll, { once: true })
  fans.set(signal, fan)
  return fan
}
