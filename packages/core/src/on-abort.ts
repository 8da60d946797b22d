/** An object that is told when a signal fires. */
export interface AbortListener {
  aborted(): void
}

interface Fan {
  readonly listeners: Set<AbortListener>
  readonly tellAll: () => void
}

const fans = new WeakMap<AbortSignal, Fan>()

/**
 * Calls `listener` when `signal` fires. Where the signal has fired already, `listener` is never called: look at
 * `signal.aborted` first. The signal itself has one listener, however many there are here: many wait on the signal of
 * one caller, and Node warns of a leak at more than ten.
 *
 * @param listener must not throw.
 * @returns a function that takes the listener off again.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  // A new object for each call: the set has one function twice where it listens twice.
  const own: AbortListener = { aborted: listener }
  listen(signal, own)
  return () => {
    unlisten(signal, own)
  }
}

/** Like {@link onAbort}, for an object that listens to the signal once at most. {@link unlisten} takes it off again. */
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
