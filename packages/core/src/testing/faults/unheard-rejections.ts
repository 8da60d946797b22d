import { DISPOSE } from '../../dispose.js'

type Listener = (reason: unknown) => void

/** What of Node's `process` is used, and of the runtimes that are like it. */
interface Emitter {
  listeners(event: string): readonly unknown[]
  on(event: string, listener: Listener): unknown
  off(event: string, listener: Listener): unknown
}

const EVENT = 'unhandledRejection'

/**
 * Rejections that nobody hears: one of them ends a Node process, and the host with it. While this is there, they are
 * collected, and no other listener is told. In a browser none are seen.
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
