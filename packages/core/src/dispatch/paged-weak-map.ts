/** How many keys a page has at most. */
const PAGE = 16_384

/** The value of a key. While an entry is there, the mark of its page is. */
interface Entry<V> {
  value: V
  readonly mark: object
}

interface Page<V> {
  readonly entries: WeakMap<object, Entry<V>>
  /** Only entries hold it: once it is collected, no key of the page can be asked for. */
  readonly mark: WeakRef<object>
  /** How many keys were set and not deleted, including those that were collected. */
  size: number
}

/**
 * A weak map in pages. When a weak map of 100,000 keys grows, or is rehashed after a collection, the event loop does
 * not turn for ten milliseconds or more; for a page it is one. A look-up goes through the pages, which costs little for
 * an object that was never a key, as V8 gives such an object no hash. A page whose keys were all collected is dropped
 * when another page is needed, so there are never more pages than keys that are alive, and one.
 */
export class PagedWeakMap<V> {
  #pages: Page<V>[] = []

  get(key: object): V | undefined {
    for (const { entries } of this.#pages) {
      const entry = entries.get(key)
      if (entry !== undefined) return entry.value
    }
    return undefined
  }

  set(key: object, value: V): void {
    for (const { entries } of this.#pages) {
      const entry = entries.get(key)
      if (entry === undefined) continue
      entry.value = value
      return
    }
    this.#add(key, value)
  }

  delete(key: object): void {
    for (const page of this.#pages) {
      if (!page.entries.delete(key)) continue
      page.size -= 1
      if (page.size === 0) this.#pages = this.#pages.filter((other) => other !== page)
      return
    }
  }

  #add(key: object, value: V): void {
    const page = this.#pages.find(({ size }) => size < PAGE)
    const mark = page?.mark.deref()
    if (page !== undefined && mark !== undefined) {
      page.size += 1
      page.entries.set(key, { value, mark })
      return
    }
    const first = {}
    this.#pages = this.#pages.filter((other) => other.mark.deref() !== undefined)
    this.#pages.push({ entries: new WeakMap([[key, { value, mark: first }]]), mark: new WeakRef(first), size: 1 })
  }
}
