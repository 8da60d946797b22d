/** How many keys a page takes. */
const PAGE = 16_384

interface Page<V> {
  readonly entries: WeakMap<object, V>
  /** How many keys were set and not deleted, those included that were collected meanwhile. */
  size: number
}

/**
 * A weak map in pages. One weak map of 100,000 keys keeps the event loop for ten milliseconds and more in the turn in
 * which it grows, or is rehashed after a collection; a page takes one. A look-up goes through the pages, and an object
 * that has never been a key is found in none of them without a probe.
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
    const page = this.#pageOf(key) ?? this.#pageWithRoom()
    if (!page.entries.has(key)) page.size += 1
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
