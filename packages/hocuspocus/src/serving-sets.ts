import type { ProviderChange } from '@uni/reload-core'
import type { ExtensionSet } from './extension-set.js'

/** The extensions that the last commit has left in service, by plugin: in install order, of which a reload keeps the place. */
export class ServingSets {
  readonly #sets = new Map<string, ExtensionSet>()
  #list: readonly ExtensionSet[] = []

  get list(): readonly ExtensionSet[] {
    return this.#list
  }

  keys(): readonly string[] {
    return [...this.#sets.keys()]
  }

  take({ added, replaced, removed }: ProviderChange<ExtensionSet>): void {
    for (const key of removed.keys()) this.#sets.delete(key)
    for (const [key, { next }] of replaced) this.#sets.set(key, next)
    for (const [key, set] of added) this.#sets.set(key, set)
    this.#list = [...this.#sets.values()]
  }
}
