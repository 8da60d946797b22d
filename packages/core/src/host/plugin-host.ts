import { ReloadError } from '../errors.js'
import { option } from '../options.js'
import type { Surface } from '../surface.js'
import { attach } from './resource/attach.js'
import type { RequestedChange } from './plan/requested-change.js'
import { checked } from './checked-options.js'
import { dependencyOrder } from './lifecycle/dependency-order.js'
import { EpochLease, fencedError, liveIn } from './epoch/epoch-lease.js'
import { LeaseOfProvider } from './epoch/lease-of-provider.js'
import { LeaseOfResource } from './epoch/lease-of-resource.js'
import type { PluginHostOptions } from './environment/plugin-host-options.js'
import { HostState } from './state/host-state.js'
import type { CaptureOptions, CaptureReadyOptions, Lease, ProviderLease, ResourceLease } from './lease/lease.js'
import { underLease } from './lease/release-with.js'
import type { AttachOptions, LiveResource } from '../live-resource.js'
import { NamedResource } from './resource/named-resource.js'
import { readPlugin } from './plugin/read-plugin.js'
import type { OperationOptions } from './operation/operation-options.js'
import { operate, type Operated } from './operation/operation.js'
import { notBaking } from './permanence/bake.js'
import type { Plugin, PluginHandle } from './plugin/plugin.js'
import { readHandle } from './plugin/read-handle.js'
import type { AddOptions, ReloadOptions, RemoveOptions } from './reload-options.js'
import type { BakeReport, PluginStatus, ReloadResult, RemoveResult, ResourceStatus } from './report/results.js'
import { pluginStatuses, resourceStatuses } from './status.js'
import { isFenced } from './epoch/is-fenced.js'
import { ASYNC_DISPOSE } from '../dispose.js'

/** The plugins of a host, its epochs, and the live resources it has opened with them. */
export class PluginHost implements AsyncDisposable {
  readonly #state: HostState
  #closing: Promise<void> | undefined

  constructor(options: PluginHostOptions) {
    this.#state = new HostState(checked.host(options))
  }

  /** Installs a plugin. @throws ReloadError, with nothing changed. */
  async add(plugin: Plugin, options: AddOptions = {}): Promise<PluginHandle> {
    const [handle] = await this.addAll([plugin], options)
    return handle as PluginHandle
  }

  /**
   * Installs several plugins with one commit: all of them, or none. Each is registered and initialized after those it
   * depends on, whatever their order; plugins that need one another come together. Handles in the order they were given
   * in.
   *
   * @throws ReloadError, with nothing changed.
   */
  async addAll(given: readonly Plugin[], options: AddOptions = {}): Promise<PluginHandle[]> {
    this.#state.environment.refuseClosed()
    const read = checked.add(options)
    const plugins = given.map((plugin) => readPlugin(plugin, this.#state.ranges))
    if (plugins.length === 0) return []
    const { installed } = await this.#run(
      dependencyOrder(plugins).map((plugin): RequestedChange => ({ kind: 'install', plugin })),
      read,
    )
    const handles = new Map(installed.map(({ id, handle }) => [id, handle]))
    return plugins.map(({ manifest }) => handles.get(manifest.id) as PluginHandle)
  }

  /**
   * Replaces a plugin while its host runs. Resolves at the commit; `finalized` of the result resolves when the old
   * version is closed.
   *
   * @throws ReloadError after rolling back: the old version serves, with every acknowledged write.
   */
  async reload(handle: PluginHandle, plugin: Plugin, options: ReloadOptions = {}): Promise<ReloadResult> {
    const [result] = await this.reloadAll([{ handle, plugin }], options)
    return result as ReloadResult
  }

  /** Replaces several plugins with one commit: all of them, or none. Results in the order of the changes. */
  async reloadAll(
    changes: readonly { readonly handle: PluginHandle; readonly plugin: Plugin }[],
    given: ReloadOptions = {},
  ): Promise<ReloadResult[]> {
    this.#state.environment.refuseClosed()
    const options = checked.reload(given)
    if (options.bake !== undefined && options.handlers !== undefined)
      throw new TypeError(
        'a reload cannot be taken back with resources that the host holds itself: attach them, or leave bake out',
      )
    const requested = changes.map(({ handle, plugin }): RequestedChange => ({
      kind: 'reload',
      plugin: readPlugin(plugin, this.#state.ranges),
      handle: readHandle(handle),
    }))
    return (await this.#run(requested, options)).results
  }

  /**
   * The second commit: a crash comes back on this version from here on, and on what was committed together with it.
   * Ends a bake. Durable where the host has a journal: also for an install, or with its last handle a removal, of which
   * the commit could not be written down (`unrecorded`).
   *
   * @throws ReloadError `STALE_HANDLE`, `PLUGIN_NOT_FOUND`, `JOURNAL`, `RELOAD_IN_PROGRESS` (it is being taken back);
   * `DEPENDENCY` where another plugin, in the version that a crash comes back on, does not go with it: make that one
   * permanent first.
   */
  async makePermanent(handle: PluginHandle): Promise<void> {
    const read = readHandle(handle)
    if (this.#state.permanence.wasRemoved(read)) return this.#state.permanence.settle(read.id)
    const version = this.#state.plugins.current(read)
    const make = (): Promise<void> => this.#state.permanence.make(version)
    await (this.#state.plugins.bakeOf(version)?.accept(make) ?? make())
  }

  /**
   * Takes a reload back while it bakes, whatever `healthy` says. Waits for what changes the plugin or makes it
   * permanent meanwhile, which may end the bake in another way.
   *
   * @param handle of the version that is to leave.
   * @returns how the bake ended, as `finalized` of the reload says too.
   * @throws ReloadError `NOT_BAKING`, `STALE_HANDLE`, `PLUGIN_NOT_FOUND`.
   */
  async takeBack(handle: PluginHandle): Promise<BakeReport> {
    this.#state.environment.refuseClosed()
    const version = this.#state.plugins.current(readHandle(handle))
    const bake = this.#state.plugins.bakeOf(version)
    if (bake === undefined) throw notBaking(version.label)
    return bake.takeBack()
  }

  /** Removes a plugin. @throws ReloadError, with nothing changed. */
  async remove(handle: PluginHandle, given: RemoveOptions = {}): Promise<RemoveResult> {
    this.#state.environment.refuseClosed()
    const options = checked.remove(given)
    const { results } = await this.#run([{ kind: 'remove', handle: readHandle(handle) }], options)
    const [{ report, finalized }] = results as [ReloadResult]
    return { report, finalized }
  }

  /** The current handle of a plugin. */
  plugin(id: string): PluginHandle | undefined {
    return this.#state.plugins.get(id)?.handle
  }

  /** Every plugin, retired ones that leases still hold among them. */
  plugins(): PluginStatus[] {
    return pluginStatuses(this.#state)
  }

  /** Every live resource. */
  resources(): ResourceStatus[] {
    return resourceStatuses(this.#state)
  }

  /** Captures the current epoch. Release it with `using`, or by disposing it. */
  capture(given?: CaptureOptions): Lease {
    this.#state.environment.refuseClosed()
    const options = given && checked.capture(given)
    const { epochs, environment, leaseWatch } = this.#state
    const lease = new EpochLease(epochs.current, environment.leaseTime.now(), options)
    return leaseWatch === undefined ? lease : leaseWatch.epoch(lease)
  }

  /**
   * Captures an epoch in which nothing of `uses` is fenced, waiting for one if need be. What is used beyond that may be
   * refused (`SURFACE_FENCED`).
   *
   * @throws ReloadError `ABORTED` by `signal`; `NO_STRATEGY` where a use is of a surface that nobody registered a
   * strategy for.
   */
  async captureReady(given: CaptureReadyOptions): Promise<Lease> {
    const { uses, ...options } = checked.captureReady(given)
    // Looked at and captured in one turn: another fence may go up while this wakes.
    while (isFenced(this.#state.epochs.current, uses, this.#state.tables)) {
      await this.#state.epochs.fencesChanged(options.signal)
    }
    return this.capture(options)
  }

  /**
   * Captures, does `work` with the lease, and releases it when that is over: see `releaseWith`. With `uses`, it waits
   * first until nothing of them is fenced, and gives a promise; otherwise it gives what `work` gives.
   *
   * @throws ReloadError as {@link capture} and {@link captureReady} do; what `work` throws.
   */
  run<T>(work: (lease: Lease) => T): T
  run<T>(options: CaptureReadyOptions, work: (lease: Lease) => T): Promise<Awaited<T>>
  run<T>(options: CaptureOptions, work: (lease: Lease) => T): T
  run<T>(
    ...given: [work: (lease: Lease) => T] | [options: CaptureOptions | CaptureReadyOptions, work: (lease: Lease) => T]
  ): T | Promise<Awaited<T>> {
    const [options, work] = given.length === 1 ? [{}, given[0]] : given
    option.function(work, 'run work', this)
    const begin = (lease: Lease): T => underLease(lease, work)
    if ('uses' in options) return this.captureReady(options).then(begin) as Promise<Awaited<T>>
    return begin(this.capture(options))
  }

  /** Captures one provider, and holds only its plugin. @throws ReloadError `PROVIDER_NOT_FOUND`, `SURFACE_FENCED`. */
  acquire<P, R, W>(surface: Surface<P, R, W>, key: string, given?: CaptureOptions): ProviderLease<P> {
    this.#state.environment.refuseClosed()
    const options = given && checked.capture(given)
    const { epochs, tables, environment, leaseWatch } = this.#state
    const epoch = epochs.current
    const entry = tables.of(surface).providers.at(key, epoch.number)
    if (entry === undefined) {
      throw new ReloadError('PROVIDER_NOT_FOUND', 'no plugin provides this key', {
        surface: surface.id,
        key,
        hint: 'Check the key, or install the plugin that provides it.',
      })
    }
    if (epoch.isFenced(entry.owner)) throw fencedError(entry.owner, surface.id)
    const lease = new LeaseOfProvider(entry.owner, entry.provider as P, environment.leaseTime.now(), options)
    return leaseWatch === undefined ? lease : leaseWatch.provider(lease)
  }

  /**
   * Captures one live resource, and holds only the plugin that serves it: for long streams, which would hold up the
   * exclusive reload of every plugin with an epoch.
   *
   * @throws ReloadError `RESOURCE_NOT_FOUND`, `RESOURCE_HALTED`, `SURFACE_FENCED` (retryable).
   */
  acquireResource<P, R, W>(surface: Surface<P, R, W>, name: string, given?: CaptureOptions): ResourceLease<R> {
    this.#state.environment.refuseClosed()
    const options = given && checked.capture(given)
    const { epochs, environment, leaseWatch } = this.#state
    const entry = liveIn(epochs.current, surface, name)
    const lease = new LeaseOfResource(entry, entry.live as R, environment.leaseTime.now(), options)
    return leaseWatch === undefined ? lease : leaseWatch.resource(lease)
  }

  /**
   * The live resource of a name, before it is there too: each call goes to the one that has the name then.
   *
   * @throws ReloadError `NO_STRATEGY`; its calls are refused with `RESOURCE_NOT_FOUND` where nothing has the name.
   */
  resource<P, R, W>(surface: Surface<P, R, W>, name: string): LiveResource<R, W> {
    return new NamedResource(this.#state, this.#state.tables.of(surface), name)
  }

  /** Opens a live resource and puts it into service; reloads hand it over from then on. */
  attach<P, R, W>(surface: Surface<P, R, W>, options: AttachOptions<P, NoInfer<R>>): Promise<LiveResource<R, W>> {
    return attach(this.#state, surface, options)
  }

  /**
   * Closes every resource and plugin, last installed first. Work that outlives the drain's deadline has its signals
   * fired.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  /** The same as {@link close}, for `await using`. */
  [ASYNC_DISPOSE](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { environment, plugins, resources, retirements, permanence } = this.#state
    const { drainPolicy } = environment
    environment.close()
    // A reload may be taken back while others are waited for.
    for (let { operations } = plugins; operations.size > 0; { operations } = plugins)
      await Promise.all([...operations].map(({ decided }) => decided))
    const changes = plugins.serving.map(({ handle }): RequestedChange => ({ kind: 'remove', handle }))
    await this.#run(changes, { onOrphan: 'close', drain: { ...drainPolicy, onDeadline: 'force' } })
    // Those of earlier reloads among them, which were to be kept for as long as their leases last.
    await Promise.all([...retirements].map((retirement) => retirement.force(drainPolicy)))
    await resources.left()
    // Once more: who had to know has been told that it failed.
    await permanence.settle('').catch(() => {})
  }

  #run(requested: readonly RequestedChange[], options: ReloadOptions = {}): Promise<Operated> {
    const resolved: OperationOptions = {
      cutover: options.cutover ?? 'overlap',
      dryRun: options.dryRun ?? false,
      onOrphan: options.onOrphan ?? 'reject',
      accept: options.accept ?? [],
      signal: options.signal,
      handlers: options.handlers,
      drain: { ...this.#state.environment.drainPolicy, ...options.drain },
      ...(options.bake && { bake: options.bake }),
      ...(options.from && { from: options.from }),
    }
    return operate(this.#state, requested, resolved)
  }
}
