import type { MaybePromise } from '../../maybe-promise.js'
import type { Surface } from '../../surface.js'
import type { LiveResource, OpenOptions } from '../../live-resource.js'

/** The unit of install. */
export interface Plugin {
  readonly manifest: PluginManifest
  /** Says what the plugin provides. Nobody sees it before the commit. */
  register(registrar: Registrar): MaybePromise<void>
  /** Runs after `register`, before anything is handed over. Must not take what the old version may still hold. */
  init?(ctx: PluginContext): MaybePromise<void>
  /** Runs once, after an `init` that succeeded, when nothing can reach the plugin any more. */
  shutdown?(ctx: PluginContext): MaybePromise<void>
}

/**
 * What ends with a version of a plugin, and not before: when nothing can reach the version any more and its `shutdown`
 * is over, or when the operation that was to install it is rolled back, however far `register` and `init` had come.
 */
export interface Lifetime {
  /** Fires at the end, before what was handed to {@link onDispose} runs. */
  readonly lifetime: AbortSignal
  /**
   * Has `dispose` run at the end, once: what was handed in last runs first, each when the one before it is done. What
   * is handed in after the end runs at once.
   *
   * @param dispose may give a promise. What it fails with is reported as a failed `shutdown` is. Its signal fires when
   * the deadline of the call passes.
   * @returns a function that takes it off again, for what has ended earlier.
   */
  readonly onDispose: (dispose: (signal: AbortSignal) => unknown) => () => void
}

export interface PluginManifest {
  readonly id: string
  /** A semantic version (https://semver.org), such as `1.4.0`. */
  readonly version: string
  /** The ids of the surfaces it registers on. Absent: whatever the host grants. */
  readonly capabilities?: readonly string[] | undefined
  readonly dependsOn?: readonly PluginDependency[] | undefined
}

export interface PluginDependency {
  readonly id: string
  /** Of versions, such as `^2.1.0`: as the host's `ranges` read it. */
  readonly range: string
  /** The range applies only where the plugin is installed. */
  readonly optional?: boolean | undefined
}

export interface PluginContext extends Lifetime {
  readonly id: string
  readonly version: string
  readonly generation: number
  /** Fires when the deadline of this call passes or the operation is aborted: `lifetime` is that of the version. */
  readonly signal: AbortSignal
}

export interface Registrar extends Lifetime {
  /**
   * Registers a provider on a surface, under the key the surface reads from it.
   *
   * @throws ReloadError `NO_STRATEGY`, `CAPABILITY`, `DUPLICATE`, or `PLUGIN` for a malformed provider.
   */
  provide<P, R, W>(surface: Surface<P, R, W>, provider: NoInfer<P>): this
  /**
   * Has the host open a live resource with the provider of `key`, of this plugin or of one that it depends on: it is in
   * service from the commit on. Where it is in service already, it goes on, handed over as ever. One that the next
   * version does not open is closed after that one's commit, as all of them are when the plugin is removed.
   *
   * @returns the resource. Calls before the commit wait for it, and are refused (`RESOURCE_CLOSED`) where the operation
   * is rolled back: neither `register` nor `init` may wait for one.
   * @throws ReloadError `NO_STRATEGY`, `CAPABILITY`, `DUPLICATE`; TypeError for malformed options. What fails later
   * fails the operation.
   */
  open<P, R, W>(surface: Surface<P, R, W>, resource: OpenOptions<P, NoInfer<R>>): LiveResource<R, W>
}

/** Names one generation of a plugin. Goes stale when the plugin is reloaded. */
export interface PluginHandle {
  readonly id: string
  readonly generation: number
}
