import type { CaptureOptions, ProviderLease } from '../host/lease/lease.js'
import type { MaybePromise } from '../maybe-promise.js'
import { cleanHandoff } from '../move/clean.js'
import { checkOptions, option, type OptionChecks } from '../options.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, narrowable, type Surface } from '../surface.js'

/** One run of a job. `I` is what it works on. */
export interface JobRun<I = unknown> {
  readonly input: I
  /** Tells the run from others of the job, and is the same at each attempt. */
  readonly id: string
  /** 1 for the first. */
  readonly attempt: number
  /** Fires where whoever has it run gives up, or the version is forced out. */
  readonly signal: AbortSignal
}

/** Work the host runs from time to time, or for each entry of a queue. */
export interface BackgroundJobProvider<I = unknown, T = unknown> {
  readonly name: string
  /** When to run, in a notation of the host's choosing, such as a cron expression. */
  readonly schedule?: string
  run(run: JobRun<I>): MaybePromise<T>
}

export interface BackgroundJobSurface extends Surface<BackgroundJobProvider> {
  /** Jobs that work on an `I`, and give a `T`. */
  of<I, T = unknown>(): Surface<BackgroundJobProvider<I, T>>
}

export const backgroundJob: BackgroundJobSurface = narrowable(
  defineSurface<BackgroundJobProvider>({ id: 'background-job', keyOf: (provider) => provider.name, methods: ['run'] }),
)

export interface BackgroundJobHandoffOptions {
  /** How many runs of the job wait in a queue. A job that has any cannot be removed. Default: nobody is asked. */
  readonly queued?: ((name: string) => MaybePromise<number>) | undefined
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

export interface RunJobOptions<I> {
  readonly input?: I | undefined
  /** Default: one that no other run in this process has. */
  readonly id?: string | undefined
  /** Default 1. */
  readonly attempt?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Anything with the `acquire` of a `PluginHost`. */
interface JobHost {
  acquire(
    surface: Surface<BackgroundJobProvider>,
    key: string,
    options: CaptureOptions,
  ): ProviderLease<BackgroundJobProvider>
}

const RUN: OptionChecks<RunJobOptions<never>> = {
  input: option.given,
  id: option.text,
  attempt: option.count(1),
  signal: option.signal,
}

let runs = 0

/**
 * Runs the job `name` once, with the provider that serves now, holding only its plugin while it runs. Gives what the
 * provider gives.
 *
 * @throws ReloadError `PROVIDER_NOT_FOUND`, `SURFACE_FENCED` (retryable); what the provider throws.
 */
export async function runJob<T = unknown, I = unknown>(
  host: JobHost,
  name: string,
  options: RunJobOptions<I> = {},
): Promise<T> {
  const checked = checkOptions(options, 'runJob options', RUN as OptionChecks<RunJobOptions<I>>)
  const { signal, input, attempt = 1, id = `${name} ${(runs += 1)}` } = checked
  const label = checked.id === undefined ? `job ${name}` : `job ${name}, run ${id}`
  using lease = host.acquire(backgroundJob, name, { label, ...(signal && { signal }) })
  return (await lease.provider.run({ input, id, attempt, signal: lease.signal })) as T
}
