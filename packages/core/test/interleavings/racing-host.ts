import { PluginHost, ReloadError, type LiveResource, type PluginHandle, type ReloadOptions } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { leave } from '../fixtures/leave.js'

const PERIOD_MS = 10

/** A host with one plugin that has a resource of each discipline, and all that is ever made for it. */
export class RacingHost {
  readonly #clock = new ManualClock()
  readonly host: PluginHost = new PluginHost({
    strategies: [storeStrategy('pre-copy'), storeStrategy('clean')],
    clock: this.#clock,
  })
  readonly plugins: TestPlugin[] = []
  /** Acknowledged writes to the copied. */
  readonly written: number[] = []
  readonly #providers: StoreProvider[] = []
  readonly #caller = new AbortController()
  /** Whether the caller aborted when nothing had been committed yet. */
  #abortedInTime = false
  #finalized: Promise<unknown> = Promise.resolve()
  #copied: LiveResource<Store, number> | undefined
  #store: LiveResource<Store, number> | undefined

  /** @param bakes it has just been reloaded, which is taken back or made permanent when its time is over. */
  static async open(bakes: 'well' | 'badly' | undefined): Promise<RacingHost> {
    const racing = new RacingHost()
    await racing.host.add(racing.#version('1.0.0'))
    racing.#copied = await racing.host.attach(STORES['pre-copy'], openStore('copied'))
    racing.#store = await racing.host.attach(STORES.clean, openStore('stores'))
    if (bakes !== undefined) {
      const bake = { ms: PERIOD_MS, healthy: () => bakes === 'well' }
      racing.#finalized = (await racing.host.reload(racing.#handle, racing.#version('1.1.0'), { bake })).finalized
      await racing.write(0)
    }
    return racing
  }

  get #handle(): PluginHandle {
    return this.host.plugin('p') ?? { id: 'p', generation: 0 }
  }

  reload(version: string, options: ReloadOptions & { breaks?: boolean } = {}): Promise<unknown> {
    const { breaks = false, ...rest } = options
    return this.host.reload(this.#handle, this.#version(version, breaks), { signal: this.#caller.signal, ...rest })
  }

  /** The time is over in which the reload can be taken back. */
  endPeriod(): Promise<unknown> {
    this.#clock.advance(PERIOD_MS)
    return this.#finalized
  }

  makePermanent(): Promise<unknown> {
    return this.host.makePermanent(this.#handle)
  }

  remove(): Promise<unknown> {
    return this.host.remove(this.#handle, { onOrphan: 'close', signal: this.#caller.signal })
  }

  /** The caller of all these has thought better of it. */
  async abort(): Promise<void> {
    this.#abortedInTime = this.host.plugin('p')?.generation === 0
    this.#caller.abort()
  }

  /** What went on to its commit although its caller had aborted it. */
  ignoredAbort(outcome: string): readonly string[] {
    return this.#abortedInTime && outcome === 'done' && this.host.plugin('p')?.generation !== 0
      ? ['committed after it was aborted']
      : []
  }

  attach(name: string): Promise<unknown> {
    return this.host.attach(STORES.clean, openStore(name))
  }

  detach(): Promise<unknown> {
    return Promise.all([this.#copied && leave(this.#copied), this.#store && leave(this.#store)])
  }

  async write(value: number): Promise<void> {
    await this.#copied?.write(value)
    this.written.push(value)
  }

  /** Captures, and looks again a turn later: what it saw is of a piece, and nobody has closed it (I1, I7). */
  async read(): Promise<void> {
    for (let at = 0; at < 2; at += 1) {
      using lease = this.host.capture()
      const provider = lease.find(STORES.clean, 'stores') as StoreProvider | undefined
      if (provider === undefined) return
      const store = lease.resource(STORES.clean, 'stores')
      await Promise.resolve()
      if (store.closed > 0) throw new Error('it was closed under a lease')
      if (!provider.made.includes(store)) throw new Error('it was opened by another provider')
    }
  }

  /** Resources that do not serve, or whose plugin is gone, and what is in the copied, if it is still there. */
  lookAround(): { astray: readonly unknown[]; entries: readonly number[] | undefined } {
    const active = this.host
      .plugins()
      .filter(({ state }) => state === 'active')
      .map(({ id, version }) => `${id}@${version}`)
    const resources = this.host.resources()
    const astray = resources.filter(({ state, plugin }) => state !== 'serving' || !active.includes(plugin))
    if (!resources.some(({ name }) => name === 'copied')) return { astray, entries: undefined }
    using lease = this.host.capture()
    return { astray, entries: lease.resource(STORES['pre-copy'], 'copied').entries }
  }

  /**
   * What was not closed once, and which plugins were not shut down as often as initialized: nothing, after the host is
   * closed (I7).
   */
  leftBehind(): Record<'open' | 'unbalanced' | 'plugins' | 'resources', readonly unknown[]> {
    return {
      open: this.#providers.flatMap(({ made }) => made).filter(({ closed }) => closed !== 1),
      unbalanced: this.plugins
        .filter(({ calls }) => calls.shutdown !== calls.init || calls.init > 1)
        .map(({ manifest }) => manifest),
      plugins: this.host.plugins(),
      resources: this.host.resources(),
    }
  }

  close(): Promise<void> {
    return this.host[Symbol.asyncDispose]()
  }

  #version(version: string, breaks = false): TestPlugin {
    const [copied, clean] = [new StoreProvider('stores', version), new StoreProvider('stores', version)]
    this.#providers.push(copied, clean)
    if (breaks) clean.break('open', () => Promise.reject(new Error('no disk')))
    const plugin = new TestPlugin('p', version, {
      register: (registrar) => {
        registrar.provide(STORES['pre-copy'], copied).provide(STORES.clean, clean)
      },
    })
    this.plugins.push(plugin)
    return plugin
  }
}

/** Waits for an action, which may be refused with a code and with nothing else. */
export async function settled(action: Promise<unknown>): Promise<string> {
  try {
    await action
    return 'done'
  } catch (error) {
    if (ReloadError.is(error)) return error.code
    throw error
  }
}
