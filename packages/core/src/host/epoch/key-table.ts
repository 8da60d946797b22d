/** A map from keys, each of one surface, to something that is known of the key. */
export class KeyTable<T> {
  readonly #bySurface = new Map<string, Map<string, T>>()

  has(surface: string, key: string): boolean {
    return this.#bySurface.get(surface)?.has(key) === true
  }

  get(surface: string, key: string): T | undefined {
    return this.#bySurface.get(surface)?.get(key)
  }

  set(surface: string, key: string, value: T): void {
    const byKey = this.#bySurface.get(surface)
    if (byKey === undefined) this.#bySurface.set(surface, new Map([[key, value]]))
    else byKey.set(key, value)
  }
}
