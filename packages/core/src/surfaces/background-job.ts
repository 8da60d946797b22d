import type { MaybePromise } from '../maybe-promise.js'
import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, type Surface } from '../surface.js'
import type { ProviderLease } from '../host/lease/lease.js'

/** Work the host runs from time to time. */
export interface BackgroundJobProvider {
  readonly name: string
  /** When to run, in a notation of the host's choosing, such as a cron expression. */
  readonly schedule?: string
  run(ctx: { readonly signal: AbortSignal }): MaybePromise<void>
}

export const backgroundJob: Surface<BackgroundJobProvider> = defineSurface<BackgroundJobProvider>({
  id: 'background-job',
  keyOf: (provider) => provider.name,
  methods: ['run'],
})

export interface BackgroundJobHandoffOptions {
  /** How many runs of the job wait in a queue. A job that has any cannot be removed. Default: nobody is asked. */
  queued?(name: string): MaybePromise<number>
}

/** Clean: a running job finishes on the old provider, the next tick picks up the new one. */
export function backgroundJobHandoff(
  options: BackgroundJobHandoffOptions = {},
): HandoffStrategy<BackgroundJobProvider> {
  const clean = cleanHandoff(backgroundJob)
  const queued = options.queued?.bind(options)
  if (queued === undefined) return clean
  return {
    ...clean,
    async checkRemoval({ key }) {
      const runs = await queued(key)
      return runs === 0
        ? { level: 'compatible' }
        : {
            level: 'incompatible',
            reason: `${runs} queued runs still name this job`,
          }
    },
  }
}

/** What {@link runJob} needs of a host. */
interface JobHost {
  acquire(
    surface: Surface<BackgroundJobProvider>,
    key: string,
    options: { label: string; signal?: AbortSignal },
  ): ProviderLease<BackgroundJobProvider>
}

/** One tick: runs the job `name` with the provider that serves now, holding only its plugin while it runs. */
export async function runJob(host: JobHost, name: string, signal?: AbortSignal): Promise<void> {
  using lease = host.acquire(backgroundJob, name, { label: `job ${name}`, ...(signal && { signal }) })
  await lease.provider.run({ signal: lease.signal })
}
