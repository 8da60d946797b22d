import { PluginHost } from '@uni/reload-core'
import { Logger, makeWorkerUtils, run, type ParsedCronItem, type Runner, type RunnerOptions } from 'graphile-worker'
import { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import * as v from 'valibot'
import { graphileJobs, type GraphileJobsOptions } from '../src/graphile-worker/index.js'
import { job, jobsHandoff, type Attempt } from '../src/index.js'
import { runJobBackendConformance } from '../src/testing/index.js'
import { Deferred } from './fixtures/deferred.js'
import { jobsPlugin } from './fixtures/plugins.js'
import { startPostgres, type Postgres } from './fixtures/postgres.js'
import { start } from './fixtures/readme-graphile-worker.js'
import { mailer } from './fixtures/readme-bullmq.js'

const logger = new Logger(() => () => {})
let postgres: Postgres
let pool: Pool
let schema = ''
let made = 0

beforeAll(async () => {
  postgres = await startPostgres()
  pool = poolOf(postgres.connectionString)
})
/** Its connections are told when the server ends. */
function poolOf(connectionString: string): Pool {
  const made = new Pool({ connectionString })
  made.on('error', () => {})
  made.on('connect', (client) => client.on('error', () => {}))
  return made
}

afterAll(async () => {
  await pool.end()
  await postgres[Symbol.asyncDispose]()
})
// Each test has a queue of its own.
beforeEach(() => {
  schema = `queue ${(made += 1)}`
})

function queueHost(options: GraphileJobsOptions = {}, limit?: number) {
  const jobs = graphileJobs(pool, { schema, ...options })
  const host = new PluginHost({ strategies: [jobsHandoff(jobs, { limit })] })
  onTestFinished(() => host.close())
  const work = async (more: RunnerOptions = {}): Promise<Runner> => {
    const runner = await run({
      pgPool: pool,
      schema,
      logger,
      pollInterval: 20,
      noHandleSignals: true,
      ...jobs.runnerJobs(host),
      ...more,
    })
    onTestFinished(async () => {
      // A test may have stopped it.
      await runner.stop().catch(() => {})
    })
    return runner
  }
  return { jobs, host, work }
}

async function queue() {
  const utils = await makeWorkerUtils({ pgPool: pool, schema, logger })
  await utils.migrate()
  onTestFinished(() => utils.release())
  return utils
}

describe('the backend', () => {
  runJobBackendConformance({
    test: it,
    schedules: ['0 4 1 1 *', '0 5 1 1 *'],
    noSchedules: ['sometimes', '* * *'],
    async open() {
      const { addJob } = await queue()
      const jobs = graphileJobs(pool, { schema, prefix: 'mail/' })
      return {
        backend: jobs,
        add: async (name, payload) => (await addJob(name, payload)).id,
        async work(host) {
          const runnerJobs = jobs.runnerJobs(host)
          const runner = await run({
            pgPool: pool,
            schema,
            logger,
            pollInterval: 20,
            noHandleSignals: true,
            ...runnerJobs,
          })
          return { stop: () => runner.stop().catch(() => {}) }
        },
        inForce(name) {
          const items: readonly ParsedCronItem[] = jobs.runnerJobs(new PluginHost({ strategies: [] })).parsedCronItems
          const due = (hours: number) =>
            items.some(({ task, match }) => task === name && match({ min: 0, hour: hours, date: 1, month: 1, dow: 4 }))
          return due(4) ? '0 4 1 1 *' : due(5) ? '0 5 1 1 *' : undefined
        },
      }
    },
  })
})

it('the example of the README runs the version that serves', async () => {
  await using own = await startPostgresDatabase()
  const { handle, host, runner, stop } = await start(own.pool)
  const results: string[] = []
  const both = new Deferred()
  runner.events.on('job:success', ({ job: { id } }) => {
    results.push(id)
    if (results.length === 2) both.resolve()
  })
  await runner.addJob('send', { to: 'Ada' })
  await host.reload(handle, mailer('2.0.0'))
  await runner.addJob('send', { to: 'Bob' })
  await both.promise
  await stop()
  expect(results).toEqual(['1', '2'])
})

/** A database of its own, for what is done in the schema that graphile-worker has by default. */
async function startPostgresDatabase() {
  await pool.query('create database example')
  const own = poolOf(postgres.connectionString.replace(/postgres$/, 'example'))
  return { pool: own, [Symbol.asyncDispose]: () => own.end() }
}

describe('attempts', () => {
  it('Q1 Q2 one in flight ends on the old version, the next one is run by the new, with its number', async () => {
    const { addJob } = await queue()
    const { host, work } = queueHost()
    const ran: [version: number, attempt: Attempt][] = []
    const inFlight = new Deferred()
    const go = new Deferred()
    const done = new Deferred()
    const first = await host.add(
      jobsPlugin('1.0.0', [
        job({
          name: 'send',
          async run(attempt) {
            ran.push([1, attempt])
            inFlight.resolve()
            await go.promise
            throw new Error('no answer')
          },
        }),
      ]),
    )
    await work()
    const { id } = await addJob('send', { to: 'Ada' })
    await inFlight.promise
    await host.reload(
      first,
      jobsPlugin('2.0.0', [job({ name: 'send', run: (attempt) => (ran.push([2, attempt]), done.resolve()) })]),
    )
    go.resolve()
    await expect
      .poll(
        async () =>
          (await pool.query(`update "${schema}"._private_jobs set run_at = now() where locked_at is null`)).rowCount,
      )
      .toBe(1)
    await done.promise
    expect(ran).toMatchObject([
      [1, { id, attempt: 1, input: { to: 'Ada' } }],
      [2, { id, attempt: 2, input: { to: 'Ada' } }],
    ])
  })

  it('Q4 a task that nobody provides waits, without an attempt, until somebody does', async () => {
    const { addJob } = await queue()
    const { host, work } = queueHost()
    const handle = await host.add(jobsPlugin('1.0.0', [job({ name: 'other', run: () => {} })]))
    const ran = new Deferred<number>()
    await work()
    const { id } = await addJob('send', {})
    await addJob('other', {})
    await expect.poll(async () => (await pool.query(`select id from "${schema}"._private_jobs`)).rows).toEqual([{ id }])
    await host.reload(handle, jobsPlugin('2.0.0', [job({ name: 'send', run: ({ attempt }) => ran.resolve(attempt) })]))
    expect(await ran.promise).toBe(1)
  })
})

describe('what waits', () => {
  const mail = v.object({ to: v.string() })

  it('P1 a version whose schema refuses a payload is refused, by job, field and issue, at an install as well', async () => {
    const { addJob } = await queue()
    const { host } = queueHost()
    await addJob('send', { to: 'Ada' })
    const { id } = await addJob('send', { to: 3 }, { runAt: new Date(Date.now() + 60_000) })
    const failed = await addJob('send', { to: 4 }, { maxAttempts: 1 })
    await pool.query(`update "${schema}"._private_jobs set attempts = 1 where id = $1`, [failed.id])
    await expect(host.add(jobsPlugin('2.0.0', [job({ name: 'send', schema: mail, run: () => {} })]))).rejects.toThrow(
      `its schema refuses 1 job in graphile-worker of the 3 that were looked at: job ${id}, payload.to: Invalid type: Expected string but received 3`,
    )
  })

  it('P2 P5 pages to its end, and a removal is refused while a job of that name waits', async () => {
    const utils = await queue()
    const { host } = queueHost()
    const handle = await host.add(jobsPlugin('1.0.0', [job({ name: 'send', schema: mail, run: () => {} })]))
    await pool.query(
      `insert into "${schema}"._private_jobs (task_id, payload)
       select 0, json_build_object('to', n) from generate_series(1, 1200) as n`,
    )
    const { id } = await utils.addJob('send', { to: 'Ada' })
    await expect(host.remove(handle)).rejects.toThrow(
      `1 job in graphile-worker of the 1201 that were looked at still name it, such as ${id}`,
    )
  })
})
