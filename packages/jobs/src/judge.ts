import { describeThrown, type CompatVerdict, type StepContext } from '@uni/reload-core'
import type { JobPage, WaitingJob } from './backend.js'
import type { OwnedJob } from './backends.js'
import type { JobProvider } from './job.js'
import { describeIssues, issuesOf, type PayloadSchema } from './payload-schema.js'

const COMPATIBLE: CompatVerdict = { level: 'compatible' }

/** How many jobs a reason names. */
const NAMED = 3

/** What a tick of a schedule is run with. */
const TICK = {}

/** Judges the provider of a job by its schedule, and by what waits to be run by it. */
export async function judgeProvider(
  owned: OwnedJob | undefined,
  { schema, schedule }: JobProvider,
  limit: number,
  ctx: StepContext,
): Promise<CompatVerdict> {
  if (owned === undefined)
    return schedule === undefined
      ? COMPATIBLE
      : incompatible(`nothing runs its schedule "${schedule}": its name begins with the prefix of no backend`)
  const unfit = schedule === undefined ? undefined : await unfitSchedule(owned, schedule, schema, ctx)
  if (unfit !== undefined) return incompatible(unfit)
  if (owned.backend.waiting === undefined) return COMPATIBLE
  if (schema === undefined) return { level: 'unjudged', reason: 'it has no schema to judge the payloads that wait by' }
  return judgePayloads(owned, schema, limit, ctx)
}

async function unfitSchedule(
  { backend }: OwnedJob,
  schedule: string,
  schema: PayloadSchema | undefined,
  ctx: StepContext,
): Promise<string | undefined> {
  try {
    backend.checkSchedule(schedule)
  } catch (error) {
    return `${backend.label} cannot run the schedule "${schedule}": ${describeThrown(error)}`
  }
  if (schema === undefined) return undefined
  const issues = await ctx.call('validate', () => issuesOf(schema, TICK))
  return issues.length === 0
    ? undefined
    : `a run by its schedule has the payload {}, which its schema refuses: ${describeIssues(issues)}`
}

async function judgePayloads(
  owned: OwnedJob,
  schema: PayloadSchema,
  limit: number,
  ctx: StepContext,
): Promise<CompatVerdict> {
  const slices = ctx.slices()
  const refused: string[] = []
  let refusals = 0
  const looked = await lookAt(owned, limit, ctx, (jobs) =>
    ctx.call('validate', async (signal) => {
      for (const { id, payload } of jobs) {
        const issues = await issuesOf(schema, payload)
        if (issues.length > 0) refusals += 1
        if (issues.length > 0 && refused.length < NAMED) refused.push(`job ${id}, ${describeIssues(issues)}`)
        if (slices.due()) await slices.pause()
        signal.throwIfAborted()
      }
    }),
  )
  const { label } = owned.backend
  if (refusals > 0) {
    const more = refusals > refused.length ? `; and ${refusals - refused.length} more` : ''
    return incompatible(
      `its schema refuses ${jobsIn(refusals, label)} of ${sight(looked)}: ${refused.join('; ')}${more}`,
    )
  }
  return looked.all
    ? COMPATIBLE
    : { level: 'unjudged', reason: `its schema takes what waits in ${label} of ${sight(looked)}` }
}

/** Judges that a job goes, by what is queued under its name. */
export async function judgeRemoval(
  owned: OwnedJob | undefined,
  limit: number,
  ctx: StepContext,
): Promise<CompatVerdict> {
  if (owned?.backend.waiting === undefined) return COMPATIBLE
  const named: string[] = []
  let jobs = 0
  const looked = await lookAt(owned, limit, ctx, (found) => {
    jobs += found.length
    named.push(...found.slice(0, NAMED - named.length).map(({ id }) => id))
  })
  const { label } = owned.backend
  if (jobs > 0)
    return incompatible(`${jobsIn(jobs, label)} of ${sight(looked)} still name it, such as ${named.join(', ')}`)
  return looked.all ? COMPATIBLE : { level: 'unjudged', reason: `nothing in ${label} of ${sight(looked)} names it` }
}

interface Looked {
  /** Jobs of any name. */
  readonly jobs: number
  /** Whether that is all there were. */
  readonly all: boolean
}

/** Hands over what waits, page by page and each job once, until `limit` jobs of any name were looked at. */
async function lookAt(
  { backend, name }: OwnedJob,
  limit: number,
  ctx: StepContext,
  see: (jobs: readonly WaitingJob[]) => unknown,
): Promise<Looked> {
  const pages = (backend.waiting?.(name, ctx.signal) ?? NONE)[Symbol.asyncIterator]()
  const seen = new Set<string>()
  let jobs = 0
  try {
    for (;;) {
      const { done, value } = await ctx.call('waiting', () => pages.next())
      if (done === true) return { jobs, all: true }
      if (jobs >= limit && value.lookedAt > 0) return { jobs, all: false }
      await see(value.jobs.filter(({ id }) => !seen.has(id) && seen.add(id)))
      jobs += value.lookedAt
      ctx.progress(jobs)
    }
  } finally {
    await pages.return?.()
  }
}

const NONE: AsyncIterable<JobPage> = { async *[Symbol.asyncIterator]() {} }

function incompatible(reason: string): CompatVerdict {
  return { level: 'incompatible', reason }
}

function jobsIn(count: number, label: string): string {
  return `${count} ${count === 1 ? 'job' : 'jobs'} in ${label}`
}

function sight({ jobs, all }: Looked): string {
  return all
    ? `the ${jobs} that were looked at`
    : `the first ${jobs} that were looked at, as more wait than the limit of jobsHandoff`
}
