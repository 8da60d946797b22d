import { ReloadError, describeThrown, type ReloadErrorCode } from '../../errors.js'
import { hear, isPromiseLike } from '../../maybe-promise.js'
import type { AnyStrategy } from '../../strategy.js'
import { KEY_AT_ONCE, type AnySurface, type Surface } from '../../surface.js'
import { synchronous } from '../../synchronous.js'
import { KeyTable } from '../epoch/key-table.js'
import type { Lifetime, Plugin, Registrar } from '../plugin/plugin.js'
import { checkOpenOptions } from '../resource/attach-options.js'
import { DeclaredHandle } from '../resource/declared-handle.js'
import type { LiveResource, OpenOptions } from '../../live-resource.js'
import type { DeclaredResource, Registration } from '../epoch/plugin-version.js'
import type { SurfaceTables } from '../epoch/surface-table.js'
import type { VersionLifetime } from '../plugin/version-lifetime.js'

/** The view a plugin registers into. Nobody else can see it, and it is closed when `register` has returned. */
export class Staging implements Registrar {
  readonly registrations: Registration[] = []
  readonly declared: DeclaredResource[] = []
  readonly onDispose: Lifetime['onDispose']
  readonly #provided = new KeyTable<true>()
  readonly #opened = new KeyTable<true>()
  readonly #plugin: Plugin
  readonly #lifetime: VersionLifetime
  readonly #tables: SurfaceTables
  readonly #grants: ReadonlyMap<string, readonly string[]> | undefined
  #sealed = false

  constructor(
    plugin: Plugin,
    lifetime: VersionLifetime,
    tables: SurfaceTables,
    grants: ReadonlyMap<string, readonly string[]> | undefined,
  ) {
    this.#plugin = plugin
    this.#lifetime = lifetime
    this.onDispose = lifetime.onDispose
    this.#tables = tables
    this.#grants = grants
  }

  get lifetime(): AbortSignal {
    return this.#lifetime.signal
  }

  provide<P, R, W>(surface: Surface<P, R, W>, provider: P): this {
    const { id } = surface
    const strategy = this.#strategyOf(id)
    const key = this.#keyOf(strategy.surface, provider)
    if (this.#provided.has(id, key)) {
      throw this.#refused(
        'DUPLICATE',
        'the plugin provides this key twice',
        id,
        'Give each provider of a surface a key of its own.',
        { key },
      )
    }
    const registration = { strategy, surface: id, key, provider, at: this.registrations.length }
    this.registrations.push(registration)
    this.#provided.set(id, key, true)
    return this
  }

  open<P, R, W>(surface: Surface<P, R, W>, given: OpenOptions<P, R>): LiveResource<R, W> {
    const { id } = surface
    const strategy = this.#strategyOf(id)
    const { name, key, open } = checkOpenOptions(given)
    if (this.#opened.has(id, name)) {
      throw this.#refused(
        'DUPLICATE',
        'the plugin opens two live resources of this name',
        id,
        'Give each resource of a surface a name of its own.',
        { key, resource: name },
      )
    }
    this.#opened.set(id, name, true)
    const handle = new DeclaredHandle<R, W>(id, name)
    this.declared.push({ strategy, surface: id, name, key, open: open as DeclaredResource['open'], handle })
    return handle
  }

  seal(): void {
    this.#sealed = true
  }

  #strategyOf(surface: string): AnyStrategy {
    if (this.#sealed)
      throw this.#refused(
        'PLUGIN',
        'register had returned already',
        surface,
        'Provide and open everything before register returns.',
      )
    const table = this.#tables.find(surface)
    if (table === undefined)
      throw this.#refused(
        'NO_STRATEGY',
        'the host has no strategy for this surface',
        surface,
        'The host has to be given the strategy of the surface.',
      )
    this.#checkAllowed(surface)
    return table.strategy
  }

  #checkAllowed(surface: string): void {
    const { id, capabilities } = this.#plugin.manifest
    if (capabilities !== undefined && !capabilities.includes(surface)) {
      throw this.#refused(
        'CAPABILITY',
        'manifest.capabilities does not list this surface',
        surface,
        'Declare it in the manifest.',
      )
    }
    if (this.#grants !== undefined && !(this.#grants.get(id) ?? this.#grants.get('*') ?? []).includes(surface)) {
      throw this.#refused(
        'CAPABILITY',
        'the host does not grant this surface to the plugin',
        surface,
        'Add it to the grants of the host.',
      )
    }
  }

  #keyOf(surface: AnySurface, provider: unknown): string {
    if (typeof provider !== 'object' || provider === null) {
      throw this.#refused(
        'PLUGIN',
        `the provider is ${provider === null ? 'null' : `a ${typeof provider}`}, not an object`,
        surface.id,
        'Provide an object with the methods of the surface.',
      )
    }
    if (isPromiseLike(provider)) {
      hear(provider)
      throw this.#refused('PLUGIN', 'the provider is a promise', surface.id, 'Await it in register, then provide it.')
    }
    let key: unknown
    try {
      key = synchronous(surface.keyOf(provider), 'keyOf()', KEY_AT_ONCE)
    } catch (error) {
      throw this.#refused(
        'PLUGIN',
        `the provider's key cannot be read: ${describeThrown(error)}`,
        surface.id,
        'Give the provider the property the surface names it by.',
      )
    }
    if (typeof key !== 'string' || key === '')
      throw this.#refused('PLUGIN', 'the provider has no key', surface.id, 'Give it a non-empty name.')
    const missing = (surface.methods ?? []).filter(
      (method) => typeof (provider as Record<string, unknown>)[method] !== 'function',
    )
    if (missing.length > 0)
      throw this.#refused(
        'PLUGIN',
        `the provider has no method ${missing.join(', ')}`,
        surface.id,
        'Implement the whole contract of the surface.',
        { key },
      )
    return key
  }

  #refused(
    code: ReloadErrorCode,
    reason: string,
    surface: string,
    hint: string,
    more?: { key: string; resource?: string },
  ): ReloadError {
    const { id, version } = this.#plugin.manifest
    return new ReloadError(code, reason, {
      phase: 'stage',
      step: 'register',
      plugin: `${id}@${version}`,
      surface,
      ...more,
      hint,
    })
  }
}
