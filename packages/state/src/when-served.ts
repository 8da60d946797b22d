import {
  DISPOSE,
  ReloadError,
  type CaptureOptions,
  type PluginHost,
  type ProviderLease,
  type Surface,
} from '@uni/reload-core'

export type ServingHost = Pick<PluginHost, 'acquire' | 'captureReady'>

/** Resolves when the provider under a key is not fenced, as it is during an exclusive reload of its plugin. */
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
 * Acquires a provider; if it is fenced, waits until it is not.
 *
 * @throws ReloadError as `acquire` does, except `SURFACE_FENCED`; `ABORTED` by the signal.
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
