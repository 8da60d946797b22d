import { PluginHost } from '@uni/reload-core'
import type { Job } from 'bullmq'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { bullmqJobs } from '../src/bullmq/index.js'
import { job, jobsHandoff, type Attempt } from '../src/index.js'
import { runJobBackendConformance } from '../src/testing/index.js'
import { Deferred } from './fixtures/deferred.js'
import { jobsPlugin } from './fixtures/plugins.js'
import { queuesOf } from './fixtures/queues.js'
import { mailer, start } from './fixtures/readme-bullmq.js'

const redis = queuesOf()

function mailHost(limit?: number) {
  const queue = redis.queue()
  const jobs = bullmqJobs(queue, { unprovidedMs: 0 })
  const host = new PluginHost({ strategies: [jobsHandoff(jobs, { limit })] })
  onTestFinished(() => host.close())
  const completed = new Map<string, Deferred<unknown>>()
  const result = (id: string | undefined): Promise<unknown> => {
    const known = completed.get(id ?? '') ?? new Deferred()
    completed.set(id ?? '', known)
    return known.promise
  }
  const work = (concurrency = 1) => {
    const worker = redis.worker(queue, jobs.processor(host), concurrency)
    worker.on('completed', ({ id }: Job, value: unknown) => {
      void result(id)
      completed.get(id ?? '')?.resolve(value)
    })
    worker.on('failed', (failed, error) => {
      if (failed?.finishedOn === undefined) return
      void result(failed.id).catch(() => {})
      completed.get(failed.id ?? '')?.reject(error)
    })
    return worker
  }
  return { queue, jobs, host, work, result }
}

describe('the backend', () => {
  runJobBackendConformance({
    test: it,
    schedules: ['0 4 1 1 *', '0 5 1 1 *'],
    noSchedules: ['sometimes', '61 * * * *'],
    open() {
      const queue = redis.queue()
      const jobs = bullmqJobs(queue, { prefix: 'mail/', unprovidedMs: 0 })
      return {
        backend: jobs,
        add: async (name, payload) => (await queue.add(name, payload)).id ?? '',
        work(host) {
          const worker = redis.worker(queue, jobs.processor(host))
          return { stop: () => worker.close() }
        },
        async inForce(name) {
          await jobs.applied()
          return (await queue.getJobSchedulers()).find((scheduler) => scheduler.name === name)?.pattern
        },
      }
    },
  })
})

it('the example of the README runs the version that serves', async () => {
  const { handle, host, queue, worker, stop } = await start({ path: redis.connection().path })
  const results: unknown[] = []
  const both = new Deferred()
  worker.on('completed', (_, result) => {
    if (results.push(result) === 2) both.resolve()
  })
  const { id: first } = await queue.add('send', { to: 'Ada' })
  await expect.poll(() => results.length).toBe(1)
  const { handle: second } = await host.reload(handle, mailer('2.0.0'))
  const { id } = await queue.add('send', { to: 'Bob' })
  await both.promise
  await queue.add('send', { to: 3 }, { delay: 60_000 })
  await expect(host.reload(second, mailer('3.0.0'))).rejects.toThrow('payload.to: Invalid input: expected string')
  await stop()
  expect(results).toEqual([`1.0.0 sends ${first} to Ada, attempt 1`, `2.0.0 sends ${id} to Bob, attempt 1`])
})

describe('attempts', () => {
  it('Q1 one in flight ends on the old version, the next one is run by the new, each once', async () => {
    const { queue, host, work, result } = mailHost()
    const ran: string[] = []
    const inFlight = new Deferred()
    const go = new Deferred()
    const first = await host.add(
      jobsPlugin('1.0.0', [
        job({
          name: 'send',
          async run({ id }) {
            ran.push(`1 ${id}`)
            inFlight.resolve()
            await go.promise
            return '1.0.0'
          },
        }),
      ]),
    )
    work()
    const [one, two] = await Promise.all([queue.add('send', {}), queue.add('send', {})])
    await inFlight.promise
    await host.reload(
      first,
      jobsPlugin('2.0.0', [job({ name: 'send', run: ({ id }) => `2.0.0, ${ran.push(`2 ${id}`)}` })]),
    )
    go.resolve()
    expect([await result(one.id), await result(two.id)]).toEqual(['1.0.0', '2.0.0, 2'])
    expect(ran).toEqual([`1 ${one.id}`, `2 ${two.id}`])
  })

  it('Q2 each has its number, its signal and a way to tell how far it is', async () => {
    const { queue, host, work, result } = mailHost()
    const attempts: Attempt[] = []
    await host.add(
      jobsPlugin('1.0.0', [
        job({
          name: 'send',
          async run(attempt) {
            attempts.push(attempt)
            await attempt.progress({ sent: attempt.attempt })
            if (attempt.attempt < 3) throw new Error('no answer')
          },
        }),
      ]),
    )
    work()
    const { id = '' } = await queue.add('send', { to: 'Ada' }, { attempts: 3 })
    await result(id)
    expect(attempts).toMatchObject([1, 2, 3].map((attempt) => ({ id, attempt, input: { to: 'Ada' } })))
    expect((await queue.getJob(id))?.progress).toEqual({ sent: 3 })
  })
})

describe('payloads that wait', () => {
  it('Q3 a version whose schema refuses one is refused, by job, field and issue', async () => {
    const { queue, host } = mailHost()
    const first = await host.add(jobsPlugin('1.0.0', [job({ name: 'send', run: () => {} })]))
    await queue.addBulk([
      { name: 'send', data: { to: 'Ada' } },
      { name: 'other', data: { to: 3 } },
    ])
    const { id } = await queue.add('send', { to: 3 }, { delay: 60_000 })
    const next = jobsPlugin('2.0.0', [job({ name: 'send', schema: z.object({ to: z.string() }), run: () => {} })])
    await expect(host.reload(first, next)).rejects.toThrow(
      `its schema refuses 1 job in BullMQ queue "${queue.name}" of the 3 that were looked at: job ${id}, payload.to: Invalid input: expected string`,
    )
  })
})
