import { onAbort } from '../../on-abort.js'

/** What an attach is given up by: the host that closes, and, where it has one, its caller's signal. */
export class AttachSignal {
  readonly signal: AbortSignal
  readonly #stopListening: (() => void) | undefined

  constructor(closing: AbortSignal, caller: AbortSignal | undefined) {
    if (caller === undefined) {
      this.signal = closing
      return
    }
    const either = new AbortController()
    const stop = [closing, caller].map((signal) => onAbort(signal, () => either.abort(signal.reason)))
    this.signal = either.signal
    const stopListening = (): void => {
      for (const each of stop) each()
    }
    this.#stopListening = stopListening
  }

  /** Resolves when `change` does, or when it fires. */
  async orFired(change: Promise<unknown>): Promise<unknown> {
    if (this.#stopListening === undefined) return change
    let stopListening = (): void => {}
    const fired = new Promise<void>((resolve) => {
      stopListening = onAbort(this.signal, resolve)
    })
    await Promise.race([change, fired])
    stopListening()
  }

  /** It follows the caller's signal no longer. */
  end(): void {
    this.#stopListening?.()
  }
}
