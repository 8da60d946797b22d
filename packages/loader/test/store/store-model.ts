/** What a store is to do, told without files: by handle, what is held; and what is there under each name. */
export class StoreModel {
  /** The code under each `id@version`. */
  readonly there = new Map<string, string>()
  /** Of each open store, the names that it holds, each as often as it holds it. */
  readonly #held = new Map<number, string[]>()
  readonly #putSince = new Map<number, number>()
  readonly #named: ReadonlySet<string>
  readonly #collectAfter: number

  constructor(named: readonly string[], collectAfter: number) {
    this.#named = new Set(named)
    this.#collectAfter = collectAfter
  }

  opened(store: number): void {
    this.#held.set(store, [])
    this.#putSince.set(store, this.#collectAfter)
  }

  /** Closed, or its process killed: the same to all others. */
  ended(store: number): void {
    this.#held.delete(store)
  }

  isInUse(name: string): boolean {
    return this.#named.has(name) || [...this.#held.values()].some((names) => names.includes(name))
  }

  /** Under which name it is stored, if at all. */
  put(store: number, name: string, code: string, build: string | undefined): string | undefined {
    if ((this.#putSince.get(store) ?? 0) >= this.#collectAfter) this.collect(store)
    this.#putSince.set(store, (this.#putSince.get(store) ?? 0) + 1)
    const there = this.there.get(name)
    const free = there === undefined || there === code || !this.isInUse(name)
    const as = free ? name : build
    if (as === undefined) return undefined
    this.there.set(as, code)
    this.#held.get(store)?.push(as)
    return as
  }

  get(store: number, name: string): string | undefined {
    const code = this.there.get(name)
    if (code !== undefined) this.#held.get(store)?.push(name)
    return code
  }

  letGo(store: number, name: string): void {
    const names = this.#held.get(store) ?? []
    names.splice(names.indexOf(name), 1)
  }

  collect(store: number): void {
    this.#putSince.set(store, 0)
    for (const name of this.there.keys()) if (!this.isInUse(name)) this.there.delete(name)
  }
}
