import {
  DISPOSE,
  ReloadError,
  type CaptureOptions,
  type PluginHost,
  type ProviderLease,
  type Surface,
} from '@uni/reload-core'

export type ServingHost = Pick<PluginHost, 'acquire' | 'captureReady'>

/** Resolves when what is provided under a key is not fenced, as it is while its plugin is replaced exclusively. */
export async function whenServed<P, R, W>(
  host: ServingHost,
  surface: Surface<P, R, W>,
  key: string,
  signal?: AbortSignal,
): Promise<void> {
  const lease = await host.captureReady({ uses: [{ surface, key }], ...(signal && { signal }) })
  lease[DISPOSE]()
}

/**
 * Acquires a provider, and waits for it while it is fenced.
 *
 * @throws ReloadError as `acquire` does, but for `SURFACE_FENCED`; `ABORTED` by the signal.
 */
export async function acquireServed<P, R, W>(
  host: ServingHost,
  surface: Surface<P, R, W>,
  key: string,
  options: CaptureOptions,
): Promise<ProviderLease<P>> {
  for (;;) {
    try {
      return host.acquire(surface, key, options)
    } catch (error) {
      if (!ReloadError.is(error) || error.code !== 'SURFACE_FENCED') throw error
    }
    await whenServed(host, surface, key, options.signal)
  }
}
