import type { MemoryProvider } from './contract.js'
import { imageOf } from './image.js'

/**
 * A live value, and the version that works with it. Read it by `value`; change it by writes to the live resource only.
 */
export class Memory<T, W> {
  /** What works with it. */
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
   * The value as it is now, for the next version or for a disk.
   *
   * @throws Error where `structuredClone` does not keep the value: its provider needs a `codec`.
   */
  image(): unknown {
    return imageOf(this.provider, this.#value)
  }
}
