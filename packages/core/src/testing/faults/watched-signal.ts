/** An abort signal that counts its listeners: after the operation there must be none (I12). */
export class WatchedSignal {
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #listeners = new Set<unknown>()

  constructor() {
    const { signal } = this.#controller
    const { addEventListener, removeEventListener } = signal
    this.signal = Object.assign(signal, {
      addEventListener: (...args: Parameters<AbortSignal['addEventListener']>): void => {
        this.#listeners.add(args[1])
        addEventListener.apply(signal, args)
      },
      removeEventListener: (...args: Parameters<AbortSignal['removeEventListener']>): void => {
        this.#listeners.delete(args[1])
        removeEventListener.apply(signal, args)
      },
    })
  }

  /** 0 once the signal has fired, as it fires once. */
  get listeners(): number {
    return this.signal.aborted ? 0 : this.#listeners.size
  }

  abort(): void {
    this.#controller.abort(new Error('the caller gave up'))
  }
}
