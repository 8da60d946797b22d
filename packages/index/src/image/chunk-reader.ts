import { onAbort, type Slices } from '@uni/reload-core'
import { isBytes, nameOf } from '../shape.js'
import { emptyImageError } from './errors.js'

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * Reads the chunks that a plugin streams, once, and refuses what is no chunk. It can be stopped from outside at any
 * moment: it does not wait for a read that never returns, and rejects later reads with the reason, so that a torn image
 * does not look complete.
 */
export class ChunkReader implements AsyncIterableIterator<Uint8Array> {
  /** Yields between chunks, and between the parts of work on one. */
  readonly slices: Slices
  readonly #source: AsyncIterator<unknown>
  readonly #onBytes: (bytes: number) => void
  readonly #stopped = new AbortController()
  #reading = 0
  #ended = false
  #chunks = 0
  #bytes = 0

  constructor(source: AsyncIterable<unknown>, slices: Slices, onBytes: (bytes: number) => void = () => {}) {
    this.#source = source[Symbol.asyncIterator]()
    this.slices = slices
    this.#onBytes = onBytes
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /**
   * @throws Error for a chunk that is not a `Uint8Array`, and for a stream without a byte; the reason of {@link stop}.
   */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      // A source that has all of its chunks at hand would block the event loop, and with it the deadline.
      if (this.slices.due()) await this.slices.pause()
      this.#stopped.signal.throwIfAborted()
      if (this.#ended) return END
      const read = await this.#read()
      if (read.done) {
        this.#ended = true
        if (this.#bytes === 0) this.#fail(emptyImageError('the persisted stream'))
        continue
      }
      const { value } = read
      if (!isBytes(value)) {
        const error = new TypeError(
          `chunk ${this.#chunks} of the persisted stream is ${nameOf(value)}. Expected a Uint8Array`,
        )
        await this.stop(error)
        throw error
      }
      this.#chunks += 1
      this.#bytes += value.byteLength
      this.#onBytes(value.byteLength)
      if (value.byteLength > 0) return { done: false, value }
    }
  }

  /** Ends the stream, as its reader needs no more. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#end()
    return END
  }

  /** Ends the stream from outside: reads, the one under way included, reject with `reason`. */
  async stop(reason: unknown): Promise<void> {
    this.#stopped.abort(reason)
    await this.#end()
  }

  async #read(): Promise<IteratorResult<unknown>> {
    const { signal } = this.#stopped
    this.#reading += 1
    try {
      return await unlessAborted(Promise.resolve(this.#source.next()), signal)
    } catch (error) {
      // A source that threw has ended, so it is not asked to return. Later reads reject with the same error.
      if (!signal.aborted) this.#fail(error)
      throw error
    } finally {
      this.#reading -= 1
    }
  }

  #fail(error: unknown): void {
    this.#ended = true
    this.#stopped.abort(error)
  }

  async #end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    const stuck = this.#reading > 0
    const ending = this.#source.return?.()
    if (!stuck) await ending
    else ending?.catch(() => {})
  }
}

function unlessAborted<T>(read: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stopListening = onAbort(signal, () => reject(signal.reason))
    read.then(resolve, reject).finally(stopListening)
  })
}
