import type { MemoryProvider } from './contract.js'
import { imageOf } from './image.js'

/** A live value and the version that works with it. Read `value`; change it only by writes to the live resource. */
export class Memory<T, W> {
  readonly provider: MemoryProvider<T, W>
  #value: T

  constructor(provider: MemoryProvider<T, W>, value: T) {
    this.provider = provider
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  async apply(write: W): Promise<void> {
    const next = await this.provider.apply(this.#value, write)
    if (next !== undefined) this.#value = next as T
  }

  /**
   * A copy of the value now, to store or to hand over.
   *
   * @throws Error where `structuredClone` would change the value: its provider needs a `codec`.
   */
  image(): unknown {
    return imageOf(this.provider, this.#value)
  }
}
