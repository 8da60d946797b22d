import type { Surface } from '../../surface.js'

export interface CaptureOptions {
  /** Named where the lease holds up a drain. */
  readonly label?: string | undefined
  /** The operation's own signal; the lease's fires with it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What an operation will use of a surface: one provider, one live resource, or, where neither is named, any of them.
 */
export interface Use {
  readonly surface: { readonly id: string }
  /** The key of a provider. */
  readonly key?: string | undefined
  /** The name of a live resource. */
  readonly resource?: string | undefined
}

/** What an operation will use, or all that there is, whoever provides it. */
export type Uses = readonly Use[] | 'everything'

export interface CaptureReadyOptions extends CaptureOptions {
  /**
   * What the operation will use: its fences are waited for, and no others. `everything` waits until nothing at all is
   * fenced.
   */
  readonly uses: Uses
}

/** A plugin, as a lease sees it. It goes stale as a handle as any other does. */
export interface LeasedPlugin {
  readonly id: string
  readonly version: string
  readonly generation: number
}

/** The providers of a surface, while some of its plugins may be fenced. */
export interface Serving<P> {
  /** Those that serve: install order, then registration order. */
  readonly providers: readonly P[]
  /** The keys of those that are left out, as their plugins are being replaced exclusively. */
  readonly fenced: readonly { readonly key: string; readonly plugin: string }[]
}

/** An in-flight operation's capture of one epoch: all that it sees belongs together (I1). */
export interface Lease extends Disposable {
  /** The epoch's number. */
  readonly epoch: number
  /**
   * Fires when a retired plugin this lease holds is forced out, or with the signal it was captured with; not after the
   * release.
   */
  readonly signal: AbortSignal
  /** @throws ReloadError `PROVIDER_NOT_FOUND`, `SURFACE_FENCED` (retryable), `LEASE_RELEASED`. */
  get<P, R, W>(surface: Surface<P, R, W>, key: string): P
  /** @throws ReloadError `SURFACE_FENCED` (retryable), `LEASE_RELEASED`. */
  find<P, R, W>(surface: Surface<P, R, W>, key: string): P | undefined
  /**
   * Every provider of a surface: install order, then registration order. A reload keeps the place.
   *
   * @throws ReloadError `SURFACE_FENCED` (retryable) where any of them is fenced, since a chain without it would be
   * another chain.
   */
  all<P, R, W>(surface: Surface<P, R, W>): readonly P[]
  /** Like {@link all}, for who can do without some: what serves now, and what is left out. */
  serving<P, R, W>(surface: Surface<P, R, W>): Serving<P>
  /**
   * Which plugin, in which version, provides a key to this lease.
   *
   * @throws ReloadError `PROVIDER_NOT_FOUND`, `SURFACE_FENCED` (retryable), `LEASE_RELEASED`.
   */
  plugin<P, R, W>(surface: Surface<P, R, W>, key: string): LeasedPlugin
  /** @throws ReloadError `RESOURCE_NOT_FOUND`, `RESOURCE_HALTED`, `SURFACE_FENCED` (retryable), `LEASE_RELEASED`. */
  resource<P, R, W>(surface: Surface<P, R, W>, name: string): R
}

/** A capture of one provider, which holds its plugin only. */
export interface ProviderLease<P> extends Disposable {
  /** @throws ReloadError `LEASE_RELEASED`. */
  readonly provider: P
  /** Which plugin provides it; a handle of it, too. */
  readonly plugin: LeasedPlugin
  readonly signal: AbortSignal
}

/** A capture of one live resource, which holds only the plugin that serves it. */
export interface ResourceLease<R> extends Disposable {
  /** @throws ReloadError `LEASE_RELEASED`. */
  readonly resource: R
  /** Which plugin has opened it; a handle of it, too. */
  readonly plugin: LeasedPlugin
  /** Fires when the plugin is forced out, or with the signal it was captured with; not after the release. */
  readonly signal: AbortSignal
}

/** A lease that holds up a drain (I9). */
export interface Blocker {
  readonly label: string
  /** Milliseconds since the capture. */
  readonly ageMs: number
  readonly holds: 'epoch' | 'provider' | 'resource'
}
