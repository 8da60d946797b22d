import { DISPOSE } from '../../dispose.js'

type Listener = (reason: unknown) => void

/** The part of Node's `process` that is used; other runtimes have the same. */
interface Emitter {
  listeners(event: string): readonly unknown[]
  on(event: string, listener: Listener): unknown
  off(event: string, listener: Listener): unknown
}

const EVENT = 'unhandledRejection'

/**
 * Collects rejections that nobody handles, of which one would end a Node process, and the host with it. Other listeners
 * are not called meanwhile. In a browser there are none to collect.
 */
export class UnheardRejections implements Disposable {
  readonly found: unknown[] = []
  readonly #process: Emitter | undefined
  readonly #others: readonly Listener[]
  readonly #collect: Listener

  constructor() {
    const { found } = this
    const collect: Listener = (reason) => {
      found.push(reason)
    }
    this.#collect = collect
    const { process } = globalThis as { process?: Partial<Emitter> }
    this.#process =
      typeof process?.listeners === 'function' && typeof process.on === 'function' ? (process as Emitter) : undefined
    this.#others = [...(this.#process?.listeners(EVENT) ?? [])] as Listener[]
    for (const other of this.#others) this.#process?.off(EVENT, other)
    this.#process?.on(EVENT, this.#collect)
  }

  [DISPOSE](): void {
    this.#process?.off(EVENT, this.#collect)
    for (const other of this.#others) this.#process?.on(EVENT, other)
  }
}
