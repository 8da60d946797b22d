import { npmRanges } from '@uni/reload-core/ranges'
import { LoadError } from '../errors.js'
import { CORE, CORE_MODULES, versionOfCore } from './core.js'
import { importFrom, requireAsImported, versionFrom } from './import-from.js'
import { packageNameOf } from './package-name.js'
import type { Requirement } from './requirement.js'
import { sharedModule, type SharedModule } from './shared-module.js'

/**
 * What a host shares with its plugins, beside the core: names of packages, any module of which is imported as the
 * host's code would; or modules by what they are imported as, such as `{ yjs: await import('yjs') }`.
 */
export type Shared = readonly string[] | Readonly<Record<string, object>>

/** The packages that are the host's own objects in a plugin. */
export class SharedPackages {
  /** Names of packages. */
  readonly names: ReadonlySet<string>
  readonly #modules: ReadonlyMap<string, object> | undefined
  readonly #from: string

  /** @param from absolute path of a file of the host: its imports say which copy of a package is the host's. */
  constructor(shared: Shared, from: string) {
    const modules = isNames(shared) ? undefined : new Map(Object.entries(shared))
    this.names = new Set([CORE, ...(isNames(shared) ? shared : Object.keys(shared).map(packageNameOf))])
    this.#modules = modules
    this.#from = from
  }

  /**
   * The module of the host.
   *
   * @throws LoadError `SHARED` where the host has no such module.
   */
  async load(specifier: string): Promise<SharedModule> {
    return sharedModule(await this.#exportsOf(specifier))
  }

  /**
   * As `load`, at once: for code that requires a name that it has computed.
   *
   * @throws LoadError `SHARED` where the host has no such module, or one that awaits at its top level.
   */
  loadNow(specifier: string): SharedModule {
    const given = this.#modules?.get(specifier)
    if (given !== undefined) return sharedModule(given)
    const from = packageNameOf(specifier) === CORE ? import.meta.url : this.#fromFor(specifier)
    try {
      return sharedModule(requireAsImported(from, specifier))
    } catch (cause) {
      throw this.#unimportable(specifier, cause)
    }
  }

  async #exportsOf(specifier: string): Promise<object> {
    const given = this.#modules?.get(specifier) ?? (await CORE_MODULES[specifier]?.())
    if (given !== undefined) return given
    const from = this.#fromFor(specifier)
    try {
      return await importFrom(from)(specifier)
    } catch (cause) {
      throw this.#unimportable(specifier, cause)
    }
  }

  /** The file of the host that imports it. @throws LoadError `SHARED` where the host gives its modules one by one. */
  #fromFor(specifier: string): string {
    if (this.#modules === undefined) return this.#from
    throw new LoadError('SHARED', `the host shares "${packageNameOf(specifier)}", and not "${specifier}"`, {
      hint: `Add '${specifier}' to the option shared.`,
    })
  }

  #unimportable(specifier: string, cause: unknown): LoadError {
    return new LoadError('SHARED', `the host shares "${packageNameOf(specifier)}", and cannot import "${specifier}"`, {
      cause,
      hint: `Install it where ${this.#from} is, or give the option from: import.meta.url of a file that can import it.`,
    })
  }

  /** @throws LoadError `SHARED` where the host's version is not in the range, naming the package and who asks. */
  check({ package: name, range, by }: Requirement): void {
    if (range === '*' || range === '') return
    const version = name === CORE ? versionOfCore() : versionFrom(this.#from, name)
    if (version !== undefined && npmRanges.satisfies(version, range)) return
    const needs = `${by} needs "${name}" ${range}`
    if (version !== undefined) {
      throw new LoadError('SHARED', `${needs}, and the host has ${version}`, {
        hint: `Install a version of "${name}" that both can use.`,
      })
    }
    throw new LoadError('SHARED', `${needs}, and none is installed where ${this.#from} is`, {
      hint: 'Install it there, or give the option from: import.meta.url of a file of the host that imports it.',
    })
  }
}

function isNames(shared: Shared): shared is readonly string[] {
  return Array.isArray(shared)
}
