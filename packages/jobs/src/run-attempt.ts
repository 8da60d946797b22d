import { DISPOSE, ReloadError, type PluginHost, type ProviderLease } from '@uni/reload-core'
import { backgroundJob, type BackgroundJobProvider } from '@uni/reload-core/surfaces'
import type { Attempt } from './job.js'

/** What backends need of a `PluginHost`. */
export type JobHost = Pick<PluginHost, 'acquire' | 'captureReady'>

/** An attempt as its queue has it. */
export interface QueuedAttempt extends Omit<Attempt, 'signal'> {
  /** Fires where the queue gives the attempt up. */
  readonly signal?: AbortSignal | undefined
}

/** The attempt was not begun: nobody provides the job, or the host has ended. */
export class NotBegun extends Error {
  override readonly name = 'NotBegun'
  readonly reason: 'not-provided' | 'host-closed'

  constructor(job: string, cause: ReloadError) {
    super(`job ${job} was not begun: ${cause.message}`, { cause })
    this.reason = cause.code === 'HOST_CLOSED' ? 'host-closed' : 'not-provided'
  }
}

/**
 * Runs an attempt with the provider that serves now, under a lease of that provider alone. Waits while its plugin is
 * fenced. Gives what the provider gives, and throws what it throws.
 *
 * @throws NotBegun
 */
export async function runAttempt(host: JobHost, key: string, attempt: QueuedAttempt): Promise<unknown> {
  const lease = await acquire(host, key, attempt)
  try {
    const given: Attempt = { ...attempt, signal: lease.signal }
    return await lease.provider.run(given)
  } finally {
    lease[DISPOSE]()
  }
}

async function acquire(
  host: JobHost,
  key: string,
  { id, signal }: QueuedAttempt,
): Promise<ProviderLease<BackgroundJobProvider>> {
  const options = { label: `job ${key}, run ${id}`, ...(signal && { signal }) }
  for (;;) {
    try {
      return host.acquire(backgroundJob, key, options)
    } catch (error) {
      if (!ReloadError.is(error)) throw error
      if (error.code === 'SURFACE_FENCED') {
        const lease = await host.captureReady({ ...options, uses: [{ surface: backgroundJob, key }] })
        lease[DISPOSE]()
      } else if (error.code === 'PROVIDER_NOT_FOUND' || error.code === 'HOST_CLOSED') {
        throw new NotBegun(`"${key}" ${id}`, error)
      } else throw error
    }
  }
}
