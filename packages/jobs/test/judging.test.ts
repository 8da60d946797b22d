import { PluginHost, ReloadError, type PluginHostOptions } from '@uni/reload-core'
import { backgroundJob, runJob } from '@uni/reload-core/surfaces'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { bullmqJobs } from '../src/bullmq/index.js'
import { cronerJobs } from '../src/croner/index.js'
import { graphileJobs } from '../src/graphile-worker/index.js'
import {
  job,
  jobsHandoff,
  PayloadError,
  type JobBackend,
  type JobDefinition,
  type PayloadSchema,
} from '../src/index.js'
import { jobsOf, memoryBackend } from './fixtures/memory-backend.js'
import { jobsPlugin } from './fixtures/plugins.js'

const mail = z.object({ to: z.string() })

function hostOf(
  backends: JobBackend | readonly JobBackend[],
  limit?: number,
  options: Partial<PluginHostOptions> = {},
) {
  const host = new PluginHost({ ...options, strategies: [jobsHandoff(backends, { limit })] })
  onTestFinished(() => host.close())
  return host
}

const send = (definition: Partial<JobDefinition<never, unknown>> = {}) =>
  job({ name: 'send', run: () => {}, ...(definition as Partial<JobDefinition<unknown, unknown>>) })

const reasonOf = async (refused: Promise<unknown>): Promise<string> =>
  refused.then(
    () => 'taken',
    (error: unknown) => (ReloadError.is(error) ? error.message : String(error)),
  )

describe('payloads that wait', () => {
  it.each<[string, PayloadSchema, string]>([
    ['Zod', mail, 'payload.to: Invalid input: expected string, received number'],
    ['Valibot', v.object({ to: v.string() }), 'payload.to: Invalid type: Expected string but received 3'],
    ['ArkType', type({ to: 'string' }), 'payload.to: to must be a string (was a number)'],
    ['an asynchronous one', z.object({ to: z.any().refine(async (to) => to !== 3, 'three') }), 'payload.to: three'],
  ])('P1 I6 a schema (%s) names the job, the field and the issue', async (_, schema, issue) => {
    const host = hostOf(memoryBackend(jobsOf('send', { to: 'Ada' }, { to: 3 })).backend)
    expect(await reasonOf(host.add(jobsPlugin('1.0.0', [send({ schema: schema as never })])))).toContain(
      `background-job "send": its schema refuses 1 job in the list of the 2 that were looked at: job 2, ${issue}. `,
    )
  })

  it('P1 names the first three jobs and the first three issues of each, and counts the others', async () => {
    const { backend } = memoryBackend(jobsOf('send', {}, {}, {}, {}, {}))
    const schema = z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.string() })
    const reason = await reasonOf(hostOf(backend).add(jobsPlugin('1.0.0', [send({ schema: schema as never })])))
    expect(reason).toContain('its schema refuses 5 jobs in the list of the 5 that were looked at: job 1, payload.a: ')
    expect(reason).toMatch(/job 3, payload\.a: [^;]*; payload\.b: [^;]*; payload\.c: [^;]*; and 1 more; and 2 more/)
  })

  it('P1 a schema that throws has not shown that a payload fits', async () => {
    const schema: PayloadSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate() {
          throw new Error('no dictionary')
        },
      },
    }
    const host = hostOf(memoryBackend(jobsOf('send', {})).backend)
    expect(await reasonOf(host.add(jobsPlugin('1.0.0', [send({ schema: schema as never })])))).toContain(
      'no dictionary',
    )
  })

  it('P2 I10 where more wait than the limit the verdict says so, and no further page is judged', async () => {
    const { backend, read } = memoryBackend(jobsOf('send', ...Array.from({ length: 20 }, () => ({ to: 'Ada' }))))
    const host = hostOf(backend, 4)
    const first = await host.add(jobsPlugin('1.0.0', []))
    const { report } = await host.reload(first, jobsPlugin('2.0.0', [send({ schema: mail as never })]))
    expect(report.compat).toMatchObject([
      {
        step: 'checkAddition',
        verdict: {
          level: 'unjudged',
          reason:
            'its schema takes what waits in the list of the first 4 that were looked at, as more wait than the limit of jobsHandoff',
        },
      },
    ])
    expect(read.pages).toBe(3)
  })

  it('P2 a queue of just as many jobs as the limit is judged', async () => {
    const host = hostOf(memoryBackend(jobsOf('send', { to: 'Ada' }, { to: 'Bob' })).backend, 2, { unjudged: 'refuse' })
    expect(await host.add(jobsPlugin('1.0.0', [send({ schema: mail as never })]))).toMatchObject({ id: 'jobs' })
  })

  it('P1 without a schema there is nothing to judge by, and the report says so', async () => {
    const host = hostOf(memoryBackend(jobsOf('send', 3)).backend, undefined, { unjudged: 'refuse' })
    expect(await reasonOf(host.add(jobsPlugin('1.0.0', [send()])))).toContain(
      'it has no schema to judge the payloads that wait by',
    )
  })

  it('P5 a removal is refused while jobs of that name wait, and unjudged past the limit', async () => {
    const others = jobsOf('other', 1, 2, 3, 4, 5, 6)
    const queued = [...others, ...jobsOf('send', { to: 'Ada' }, { to: 'Bob' })]
    const plugin = jobsPlugin('1.0.0', [send({ schema: mail as never })])
    const all = hostOf(memoryBackend(queued).backend)
    expect(await reasonOf(all.remove(await all.add(plugin)))).toContain(
      '2 jobs in the list of the 8 that were looked at still name it, such as 1, 2',
    )
    const some = hostOf(memoryBackend(queued).backend, 2)
    const { report } = await some.remove(await some.add(plugin))
    expect(report.compat).toMatchObject([
      {
        step: 'checkRemoval',
        verdict: { level: 'unjudged', reason: expect.stringContaining('of the first 2') as string },
      },
    ])
  })
})

describe('an attempt', () => {
  it('P4 is run with what the schema makes of the payload, and not where the schema refuses it', async () => {
    const host = hostOf(memoryBackend().backend)
    const inputs: unknown[] = []
    const schema = z.object({ to: z.string(), copies: z.number().default(1) })
    await host.add(jobsPlugin('1.0.0', [job({ name: 'send', schema, run: ({ input }) => inputs.push(input.copies) })]))
    await runJob(host, 'send', { input: { to: 'Ada' }, id: '1' })
    const refused = runJob(host, 'send', { input: { to: 3 }, id: '2' })
    await expect(refused).rejects.toThrow(PayloadError)
    await expect(refused).rejects.toThrow(
      'job "send" 2 was not run, as the schema of the version that serves refuses its payload: payload.to: ',
    )
    expect(inputs).toEqual([1])
  })
})

describe('schedules', () => {
  it.each<[string, Partial<JobDefinition<never, unknown>>, string]>([
    ['what is none', { schedule: 'never' }, 'the list cannot run the schedule "never": it is never due'],
    [
      'a payload that the schema refuses',
      { schedule: 'daily', schema: mail as never },
      'a run by its schedule has the payload {}, which its schema refuses: payload.to: ',
    ],
  ])('S3 I6 %s refuses the version', async (_, definition, reason) => {
    const { backend, told } = memoryBackend()
    expect(await reasonOf(hostOf(backend).add(jobsPlugin('1.0.0', [send(definition)])))).toContain(reason)
    expect(told).toEqual([])
  })

  it('S3 one that no backend runs refuses the version', async () => {
    const host = hostOf(memoryBackend([], 'mail/').backend)
    expect(await reasonOf(host.add(jobsPlugin('1.0.0', [send({ schedule: 'daily' })])))).toContain(
      'nothing runs its schedule "daily": its name begins with the prefix of no backend',
    )
  })
})

describe('several backends', () => {
  it('B1 each has the jobs whose keys begin with its prefix, the longest one first', async () => {
    const [mails, bulk, rest] = [memoryBackend([], 'mail/'), memoryBackend([], 'mail/bulk/'), memoryBackend()]
    const host = hostOf([rest.backend, mails.backend, bulk.backend])
    const keys = ['mail/send', 'mail/bulk/send', 'clean']
    const handle = await host.add(
      jobsPlugin(
        '1.0.0',
        keys.map((name) => job({ name, schedule: 'daily', run: () => {} })),
      ),
    )
    await host.reload(handle, jobsPlugin('2.0.0', [job({ name: 'mail/send', run: () => {} })]))
    const told = [mails, bulk, rest].map((it) =>
      it.told.map(({ added, removed, schedules }) => [[...added], [...removed], [...schedules]]),
    )
    expect(told).toEqual([
      [
        [['send'], [], [['send', 'daily']]],
        [[], [], [['send', undefined]]],
      ],
      [
        [['send'], [], [['send', 'daily']]],
        [[], ['send'], [['send', undefined]]],
      ],
      [
        [['clean'], [], [['clean', 'daily']]],
        [[], ['clean'], [['clean', undefined]]],
      ],
    ])
    await host.close()
    expect([mails, bulk, rest].map(({ read, told: all }) => [read.ended, all.length])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
  })

  it('B1 two with one prefix are refused', () => {
    expect(() => jobsHandoff([cronerJobs(), memoryBackend().backend])).toThrow(
      'jobsHandoff: croner and the list have the same prefix ""',
    )
  })
})

it.each<[string, () => unknown]>([
  ['jobsHandoff options.limit', () => jobsHandoff([], { limit: 0 })],
  ['jobsHandoff options', () => jobsHandoff([], { limits: 1 } as never)],
  ['jobsHandoff backends[0]', () => jobsHandoff({} as never)],
  ['bullmqJobs options.unprovidedMs', () => bullmqJobs({ name: 'mail' } as never, { unprovidedMs: -1 })],
  ['cronerJobs options.protect', () => cronerJobs({ protect: 'yes' as never })],
  [
    'graphileJobs options.backfillMs',
    () => graphileJobs({ query: () => Promise.reject(new Error()) }, { backfillMs: -1 }),
  ],
])('B2 %s is refused by name', (path, make) => {
  expect(make).toThrow(path)
})

it('a provider of the surface of the core, without what this package adds, is run as ever', async () => {
  const host = hostOf(memoryBackend().backend)
  await host.add({
    manifest: { id: 'plain', version: '1.0.0' },
    register: (registrar) => void registrar.provide(backgroundJob, { name: 'send', run: ({ input }) => input }),
  })
  expect(await runJob(host, 'send', { input: 3 })).toBe(3)
})
