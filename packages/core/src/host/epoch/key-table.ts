import type { SurfaceTable } from './surface-table.js'

/** A map from keys, each of one surface, to something that is known of the key. */
export class KeyTable<T> {
  readonly #bySurface = new Map<SurfaceTable, Map<string, T>>()

  get surfaces(): Iterable<SurfaceTable> {
    return this.#bySurface.keys()
  }

  has(table: SurfaceTable, key: string): boolean {
    return this.#bySurface.get(table)?.has(key) === true
  }

  get(table: SurfaceTable, key: string): T | undefined {
    return this.#bySurface.get(table)?.get(key)
  }

  set(table: SurfaceTable, key: string, value: T): void {
    const byKey = this.#bySurface.get(table)
    if (byKey === undefined) this.#bySurface.set(table, new Map([[key, value]]))
    else byKey.set(key, value)
  }
}
