import type {
  JournalRecord,
  Lease,
  LiveResource,
  MaybePromise,
  PluginHandle,
  PluginHost,
  ProviderChange,
  ProviderLease,
  ReloadEvent,
  ResourceLease,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import type * as fc from 'fast-check'
import type { Store, StoreDiscipline, StoreProvider } from '../fixtures/store.js'
import { Calls, type Callee, type Fault, type Method } from './calls.js'
import type { Coverage } from './coverage.js'
import type { Declared } from './declared.js'
import { emptyModel, type Model } from './model.js'
import type { OperationTask, Task } from './task.js'
import type { Period } from './period.js'
import { SlowJournal } from './slow-journal.js'
import { logOf, type ResourceData } from './resource-data.js'
import { TIMEOUT_MS, wholeTurn } from './timing.js'
import { STORAGE, versionData, type ResourceId, type VersionGiven } from './version-data.js'
import type { View } from './view.js'
import { watchedHost } from './watched-host.js'
import { WatchedStorage } from './watched-storage.js'
import { WatchedPlugin, WatchedStore, type WatchedProvider, type Watcher } from './watched.js'

export interface Attachment {
  readonly resource: LiveResource<Store, number>
  readonly data: ResourceData
  detaching: boolean
}

/** A lease that somebody holds, and what it saw when it was captured. */
export interface HeldLease {
  readonly label: string
  readonly lease: Lease | ProviderLease<StoreProvider> | ResourceLease<Store>
  readonly view: View | undefined
  /** The one resource that it is of. */
  readonly store?: WatchedStore
  /** The labels of the plugin versions that it reaches. */
  readonly reaches: ReadonlySet<string>
  /** How often each of them was replaced and has come back since. */
  readonly returned: Map<string, number>
  /** It was seen to be told to end. */
  told?: boolean
}

/** Those who note what happens in a world, and hold the host to the model. A world tells them, and knows none. */
export interface Observers {
  /** Compares what the host shows with the model. */
  look(world: World): void
  /** The host has told its observer of something. */
  happened(world: World, event: ReloadEvent): void
  /** A strategy was told of a commit. */
  toldOfCommit(world: World, kind: StoreDiscipline, change: ProviderChange<StoreProvider>): void
  journalFailed(world: World, record: JournalRecord): void
  journalWritten(world: World): void
  /** A plugin call fails, as `fault` says. */
  faulted(world: World, callee: Callee, method: Method, fault: Fault): void
  /** Time has passed, in milliseconds. */
  passed(world: World, ms: number): void
  opening(world: World, provider: WatchedProvider): void
  /** A resource is opened for a plugin that has the host open it. */
  openingFor(world: World, plugin: WatchedPlugin, resource: ResourceId): void
  /** A plugin has the host open a resource. */
  declared(world: World, plugin: WatchedPlugin, resource: ResourceId, handle: LiveResource<Store, number>): void
  closing(world: World, store: WatchedStore): void
  disposing(world: World, plugin: WatchedPlugin, lifetime: AbortSignal): void
  shuttingDown(world: World, plugin: WatchedPlugin): void
}

/** More answers than this in a row, and what is going on will never end. */
const ENDLESS = 5_000
/** Every turn after this many without anything to release means that nothing more will happen by itself. */
const QUIET_TURNS = 3
/** Microtasks are let run by number, or, from here on, until none is due. */
const WHOLE_TURN = 12

/** The host under test, everything that its plugins have made, and the model beside it. */
export class World implements Watcher {
  readonly model: Model
  readonly clock = new ManualClock()
  readonly calls: Calls
  readonly coverage: Coverage
  readonly journal: SlowJournal
  readonly host: PluginHost
  readonly plugins = new Map<string, WatchedPlugin>()
  readonly leases: HeldLease[] = []
  readonly live = new Map<ResourceId, Attachment>()
  /** What versions have the host open, by their labels. */
  readonly declared = new Map<string, readonly Declared[]>()
  /** Callers' signals of the operations that have not settled. */
  readonly abortable: { readonly abort: AbortController; readonly task: OperationTask }[] = []
  /** The same of writes, uses and attaches. */
  readonly impatient: { readonly abort: AbortController; readonly task: Task }[] = []
  /**
   * What was found to be wrong. It may be found inside a plugin call, where throwing would be taken for the plugin's
   * failure.
   */
  readonly breaches: string[] = []
  /**
   * Labels of the versions whose leases may be told to end, and ids of the plugins of which a call failed, was late or
   * was given up on.
   */
  readonly forcible = new Set<string>()
  readonly troubled = new Set<string>()
  /** Labels of the versions that came back, and may have left something over of what they were before. */
  readonly leftOver = new Set<string>()
  /** The operations whose old versions leases outlived the deadline with. */
  readonly kept = new Set<OperationTask>()
  /** Ids of the plugins of which a call has passed its deadline, so that others may not have waited for it. */
  readonly late = new Set<string>()
  /** The resources that were ever seen to be halted. */
  readonly halted = new Set<ResourceId>()
  /** The view that was held to the model last, and its revision then. */
  judged: { readonly revision: number; readonly view: View } | undefined
  /** What serves, of which nothing is known to be wrong. */
  readonly serving = new Map<ResourceId, WatchedStore>()
  /** What was taken back right now. */
  returned: Period | undefined
  /** Whose each key is, as strategies were told of commits: the label of a version. */
  readonly told = new Map<ResourceId, string>()
  closed = false
  readonly #scheduler: fc.Scheduler
  readonly #observers: Observers
  readonly #media = new Map<ResourceId, number[]>()
  #serial = 0

  /** @param journaled whether operations are written down, which takes time. */
  constructor(scheduler: fc.Scheduler, coverage: Coverage, observers: Observers, journaled = false) {
    this.#scheduler = scheduler
    this.#observers = observers
    this.coverage = coverage
    this.model = emptyModel(journaled)
    this.calls = new Calls(scheduler)
    this.journal = new SlowJournal(this.calls)
    this.journal.onFailure = (record) => {
      observers.journalFailed(this, record)
    }
    this.journal.onWritten = () => {
      observers.journalWritten(this)
    }
    this.host = watchedHost(
      this.clock,
      (event) => {
        observers.happened(this, event)
      },
      (kind, change) => {
        observers.toldOfCommit(this, kind, change)
      },
      journaled ? this.journal : undefined,
    )
    this.calls.onFault = (callee, method, fault) => {
      observers.look(this)
      observers.faulted(this, callee, method, fault)
    }
  }

  /** Numbers versions, writes and leases. */
  next(): number {
    this.#serial += 1
    return this.#serial
  }

  version(id: string, given: VersionGiven): WatchedPlugin {
    const plugin = new WatchedPlugin(versionData(id, this.next(), given), this)
    this.plugins.set(plugin.data.label, plugin)
    return plugin
  }

  handle(id: string): PluginHandle {
    return this.host.plugin(id) ?? { id, generation: 0 }
  }

  must(holds: boolean, breach: () => string): void {
    if (!holds) this.breaches.push(breach())
  }

  /** Releases one answer for each of `pace`, and lets so many microtasks run after it. */
  async advance(pace: readonly number[]): Promise<void> {
    for (const ticks of pace) {
      if (this.#scheduler.count() > 0) await this.#scheduler.waitOne()
      if (ticks >= WHOLE_TURN) await wholeTurn()
      else for (let at = 0; at < ticks; at += 1) await Promise.resolve()
      this.look()
    }
  }

  /** Releases answers, in the scheduler's order, until nothing happens any more by itself. */
  async idle(): Promise<void> {
    for (let quiet = 0, answers = 0; quiet < QUIET_TURNS; quiet += 1) {
      await wholeTurn()
      this.look()
      if (this.#scheduler.count() === 0) continue
      quiet = 0
      answers += 1
      this.must(answers < ENDLESS, () => 'I8: this goes on for ever')
      await this.#scheduler.waitOne()
    }
  }

  /**
   * Lets everything happen that can, after which `promise` has to have settled: nothing that it could wait for is left.
   */
  async expect(promise: Promise<unknown>, what: string): Promise<void> {
    let settled = false
    const settle = (): void => {
      settled = true
    }
    promise.then(settle, settle)
    await this.idle()
    this.must(settled, () => `I8: ${what} has not ended, and waits for nobody`)
    this.look()
  }

  /**
   * Time passes, for the host and for everybody who waits for it. No timer fires before every microtask that is due has
   * run.
   */
  async pass(ms: number): Promise<void> {
    await wholeTurn()
    for (const task of [...this.model.operations, ...this.model.tasks]) task.elapsedMs += ms
    for (const call of this.calls.pending) {
      call.elapsedMs += ms
      this.troubled.add(call.caller.id)
      if (call.elapsedMs >= TIMEOUT_MS) this.late.add(call.caller.id)
    }
    this.#observers.look(this)
    this.model.now += ms
    this.clock.advance(ms)
    this.#observers.passed(this, ms)
  }

  /** @throws Error where anything was found to be wrong, now or since the last time. */
  look(): void {
    this.#observers.look(this)
    if (this.breaches.length > 0) throw new Error(this.breaches.join('\n'))
  }

  call<T>(callee: Callee, method: Method, effect: () => T): MaybePromise<T> {
    return this.calls.make(callee, method, effect) as MaybePromise<T>
  }

  store(provider: WatchedProvider, entries: number[]): WatchedStore {
    return new (provider.resource === STORAGE ? WatchedStorage : WatchedStore)(provider, entries)
  }

  opening(provider: WatchedProvider): void {
    this.#observers.opening(this, provider)
  }

  openFor(plugin: WatchedPlugin, resource: ResourceId, provider: WatchedProvider): MaybePromise<Store> {
    this.#observers.openingFor(this, plugin, resource)
    return provider.openFrom(logOf(this.model.resources.get(resource)))
  }

  opensLater(plugin: WatchedPlugin, resource: ResourceId, handle: LiveResource<Store, number>): void {
    this.#observers.declared(this, plugin, resource, handle)
  }

  closing(store: WatchedStore): void {
    this.#observers.closing(this, store)
  }

  disposing(plugin: WatchedPlugin, lifetime: AbortSignal): void {
    this.#observers.disposing(this, plugin, lifetime)
  }

  shuttingDown(plugin: WatchedPlugin): void {
    this.#observers.shuttingDown(this, plugin)
  }

  medium(resource: ResourceId): number[] {
    const medium = this.#media.get(resource) ?? []
    this.#media.set(resource, medium)
    return medium
  }
}
