/** How many keys a page has at most. */
const PAGE = 16_384

interface Page<V> {
  readonly entries: WeakMap<object, V>
  /** How many keys were set and not deleted, including those that were collected. */
  size: number
}

/**
 * A weak map in pages. When a weak map of 100,000 keys grows, or is rehashed after a collection, the event loop does
 * not turn for ten milliseconds or more; for a page it is one. A look-up goes through the pages, which costs little for
 * an object that was never a key, as V8 gives such an object no hash.
 */
export class PagedWeakMap<V> {
  #pages: Page<V>[] = []

  get(key: object): V | undefined {
    for (const { entries } of this.#pages) {
      const value = entries.get(key)
      if (value !== undefined) return value
    }
    return undefined
  }

  set(key: object, value: V): void {
    const known = this.#pageOf(key)
    const page = known ?? this.#pageWithRoom()
    if (known === undefined) page.size += 1
    page.entries.set(key, value)
  }

  delete(key: object): void {
    const page = this.#pageOf(key)
    if (page === undefined) return
    page.entries.delete(key)
    page.size -= 1
    if (page.size === 0) this.#pages = this.#pages.filter((other) => other !== page)
  }

  #pageOf(key: object): Page<V> | undefined {
    return this.#pages.find(({ entries }) => entries.has(key))
  }

  #pageWithRoom(): Page<V> {
    const page = this.#pages.find(({ size }) => size < PAGE)
    if (page !== undefined) return page
    const added: Page<V> = { entries: new WeakMap(), size: 0 }
    this.#pages.push(added)
    return added
  }
}
