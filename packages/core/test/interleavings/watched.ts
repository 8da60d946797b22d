import type {
  Lifetime,
  LiveResource,
  MaybePromise,
  Plugin,
  PluginContext,
  PluginManifest,
  Registrar,
} from '@uni/reload-core'
import { Image, Store, StoreProvider, STORES, type StoreStep } from '../fixtures/store.js'
import type { Callee, Method } from './calls.js'
import {
  ID_DEPENDED_ON,
  ID_THAT_DEPENDS,
  keyOf,
  kindOf,
  nameOf,
  type ResourceId,
  type VersionData,
} from './version-data.js'

/** Who carries out the calls of watched plugins, and is told of what must not go unseen. */
export interface Watcher {
  call<T>(callee: Callee, method: Method, effect: () => T): MaybePromise<T>
  /** What a provider opens. */
  store(provider: WatchedProvider, entries: number[]): WatchedStore
  opening(provider: WatchedProvider): void
  /** How the host opens what a plugin has it open. */
  openFor(plugin: WatchedPlugin, resource: ResourceId, provider: WatchedProvider): MaybePromise<Store>
  /** What a plugin works with from then on. */
  opensLater(plugin: WatchedPlugin, resource: ResourceId, handle: LiveResource<Store, number>): void
  closing(store: WatchedStore): void
  shuttingDown(plugin: WatchedPlugin): void
  disposing(plugin: WatchedPlugin, lifetime: AbortSignal): void
  /** What clean resources of a key share, as storages share a disk. */
  medium(resource: ResourceId): number[]
}

export class WatchedStore extends Store {
  readonly owner: WatchedProvider
  closeCalls = 0
  /** What it was seen to serve as. */
  readonly servedAs = new Set<ResourceId>()

  constructor(owner: WatchedProvider, entries: number[]) {
    super(owner, entries)
    this.owner = owner
  }

  override append(entry: number): MaybePromise<void> {
    return this.owner.step<MaybePromise<void>>('apply', () => {
      if (this.closeCalls > 0) throw new Error('written to after it was closed')
      this.entries.push(entry)
    })
  }

  override close(): MaybePromise<void> {
    this.closeCalls += 1
    this.owner.watcher.closing(this)
    return super.close()
  }
}

export class WatchedProvider extends StoreProvider {
  readonly data: VersionData
  readonly resource: ResourceId
  readonly watcher: Watcher
  readonly opened: WatchedStore[] = []

  constructor(data: VersionData, resource: ResourceId, watcher: Watcher) {
    super(keyOf(resource), data.label, watcher.medium(resource))
    this.data = data
    this.resource = resource
    this.watcher = watcher
    this.isolated = data.isolated
  }

  override step<T>(name: StoreStep, run: () => T): T {
    return this.call(name, run) as T
  }

  call<T>(method: Method, effect: () => T): MaybePromise<T> {
    return this.watcher.call({ caller: this.data, kind: kindOf(this.resource) }, method, effect)
  }

  override make(entries: number[]): WatchedStore {
    this.watcher.opening(this)
    const store = this.watcher.store(this, entries)
    this.opened.push(store)
    return store
  }

  /** How a host opens it, with the writes in its log. */
  openFrom(log: readonly number[]): MaybePromise<Store> {
    return this.open(kindOf(this.resource) === 'clean' ? undefined : new Image(JSON.stringify(log)))
  }
}

export class WatchedPlugin implements Plugin {
  readonly manifest: PluginManifest
  readonly data: VersionData
  readonly providers: readonly WatchedProvider[]
  readonly calls = { register: 0, init: 0, shutdown: 0 }
  /** How often `init` succeeded. */
  initialized = 0
  /** What it has to end with it, in the order in which it was begun, and what of it was ended. */
  readonly begun: number[] = []
  readonly ended: number[] = []
  readonly #watcher: Watcher

  constructor(data: VersionData, watcher: Watcher) {
    const dependsOn = data.id === ID_THAT_DEPENDS ? [{ id: ID_DEPENDED_ON, range: '^1.0.0' }] : []
    this.manifest = { id: data.id, version: data.number, dependsOn }
    this.data = data
    this.providers = data.keys.map((resource) => new WatchedProvider(data, resource, watcher))
    this.#watcher = watcher
  }

  get stores(): WatchedStore[] {
    return this.providers.flatMap(({ opened }) => opened)
  }

  register(registrar: Registrar): MaybePromise<void> {
    this.calls.register += 1
    return this.#watcher.call({ caller: this.data, kind: undefined }, 'register', () => {
      this.#begin(registrar)
      for (const provider of this.providers) registrar.provide(STORES[kindOf(provider.resource)], provider)
      for (const resource of this.data.opens) {
        const handle = registrar.open(STORES[kindOf(resource)], {
          name: nameOf(resource),
          key: keyOf(resource),
          open: (provider) => this.#watcher.openFor(this, resource, asWatched(provider)),
        })
        this.#watcher.opensLater(this, resource, handle)
      }
    })
  }

  init(ctx: PluginContext): MaybePromise<void> {
    this.calls.init += 1
    return this.#watcher.call({ caller: this.data, kind: undefined }, 'init', () => {
      this.#begin(ctx)
      this.initialized += 1
    })
  }

  shutdown(): MaybePromise<void> {
    this.calls.shutdown += 1
    this.#watcher.shuttingDown(this)
    return this.#watcher.call({ caller: this.data, kind: undefined }, 'shutdown', () => {})
  }

  #begin({ lifetime, onDispose }: Lifetime): void {
    const at = this.begun.push(this.begun.length) - 1
    onDispose(() => {
      this.ended.push(at)
      this.#watcher.disposing(this, lifetime)
    })
  }
}

export function asWatched(provider: StoreProvider): WatchedProvider {
  if (provider instanceof WatchedProvider) return provider
  throw new Error('a provider that no plugin of this run has made')
}
