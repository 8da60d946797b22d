import type { CaptureOptions, ProviderLease } from '../host/lease/lease.js'
import type { MaybePromise } from '../maybe-promise.js'
import { cleanHandoff } from '../move/clean.js'
import { checkOptions, option, type OptionChecks } from '../options.js'
import type { CompatVerdict, HandoffStrategy, ProviderChange } from '../strategy.js'
import { defineSurface, narrowable, type Surface } from '../surface.js'
import { synchronous } from '../synchronous.js'

/** One run of a job. `I` is what it works on. */
export interface JobRun<I = unknown> {
  readonly input: I
  /** Identifies the run among those of the job. Each attempt has the same. */
  readonly id: string
  /** 1 for the first. */
  readonly attempt: number
  /** Fires when the caller of the run gives it up, or the version is forced out. */
  readonly signal: AbortSignal
}

/** Work that the host runs from time to time, or for each entry of a queue. */
export interface BackgroundJobProvider<I = unknown, T = unknown> {
  readonly name: string
  /** When to run, in a notation of the host's choosing, such as a cron expression. */
  readonly schedule?: string | undefined
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
  /** Gives how many runs of the job wait in a queue. While any does, its removal is refused. Default: none does. */
  readonly queued?: ((name: string) => MaybePromise<number>) | undefined
  /**
   * Called with the new schedule of each job, by name, whose schedule has changed; `undefined` where it has none any
   * more. It is called synchronously in the turn of the commit, so the next tick runs the version that serves. What it
   * throws is reported, and the commit stands; the next commit has these jobs in `changed` again.
   */
  readonly onSchedules?: ((changed: ReadonlyMap<string, string | undefined>) => void) | undefined
}

const HANDOFF: OptionChecks<BackgroundJobHandoffOptions> = { queued: option.function, onSchedules: option.function }

/** Clean: a running job finishes on the old version, the next tick runs the new one. */
export function backgroundJobHandoff(
  options: BackgroundJobHandoffOptions = {},
): HandoffStrategy<BackgroundJobProvider> {
  const { queued, onSchedules } = checkOptions(options, 'backgroundJobHandoff options', HANDOFF)
  return {
    ...cleanHandoff(backgroundJob),
    ...(queued && { checkRemoval: ({ key }) => judgeRemoval(key, queued) }),
    ...(onSchedules && { committed: schedulesTold(onSchedules) }),
  }
}

async function judgeRemoval(name: string, queued: (name: string) => MaybePromise<number>): Promise<CompatVerdict> {
  const runs = option.required(option.count(0))(await queued(name), `queued(${JSON.stringify(name)})`, {})
  if (runs === 0) return { level: 'compatible' }
  return { level: 'incompatible', reason: `${runs} queued runs still name this job` }
}

/**
 * Makes a `committed` that reads the schedule of each provider once, when it begins to serve, and tells those that
 * differ.
 */
function schedulesTold(
  onSchedules: (changed: ReadonlyMap<string, string | undefined>) => void,
): (change: ProviderChange<BackgroundJobProvider>) => void {
  /** The schedules that `onSchedules` was called with, and did not throw. */
  const told = new WeakMap<BackgroundJobProvider, string | undefined>()
  const differs = (provider: BackgroundJobProvider | undefined, schedule: string | undefined): boolean =>
    provider === undefined ? schedule !== undefined : !told.has(provider) || told.get(provider) !== schedule
  return ({ added, replaced, removed }) => {
    const serving = [
      ...Array.from(added, ([name, next]) => ({ name, old: undefined, next, schedule: next.schedule })),
      ...Array.from(replaced, ([name, { old, next }]) => ({ name, old, next, schedule: next.schedule })),
    ]
    const changed = new Map<string, string | undefined>()
    for (const { name, old, schedule } of serving) if (differs(old, schedule)) changed.set(name, schedule)
    for (const [name, old] of removed) if (differs(old, undefined)) changed.set(name, undefined)
    for (const { next } of serving) told.delete(next)
    if (changed.size > 0)
      synchronous(onSchedules(changed), 'onSchedules()', 'the schedules are in force from the turn of the commit on')
    for (const { next, schedule } of serving) told.set(next, schedule)
  }
}

export interface RunJobOptions<I> {
  readonly input?: I | undefined
  /** Default: an id that no other run in this process has. */
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
 * Runs the job `name` once, with the provider that serves now, under a lease of that provider alone. Gives what the
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
