import { PluginHost } from '@uni/reload-core'
import { expect, it, onTestFinished } from 'vitest'
import { bullmqJobs, type BullmqJobsOptions } from '../src/bullmq/index.js'
import { job, jobsHandoff } from '../src/index.js'
import { Deferred } from './fixtures/deferred.js'
import { jobsPlugin } from './fixtures/plugins.js'
import { queuesOf } from './fixtures/queues.js'

const redis = queuesOf()
const DAILY = '0 4 * * *'
const HOURLY = '0 * * * *'

function scheduled(queue = redis.queue(), options: BullmqJobsOptions = {}) {
  const jobs = bullmqJobs(queue, { unprovidedMs: 0, ...options })
  const host = new PluginHost({ strategies: [jobsHandoff(jobs)] })
  onTestFinished(() => host.close())
  const ran: string[] = []
  const version = (major: number, schedule?: string, run: () => unknown = () => ran.push(`${major}`)) =>
    jobsPlugin(`${major}.0.0`, [job({ name: 'clean', schedule, run })])
  const inRedis = async () => {
    await jobs.applied()
    return Object.fromEntries((await queue.getJobSchedulers()).map(({ key, pattern }) => [key, pattern]))
  }
  return { queue, jobs, host, ran, version, inRedis }
}

it('S2 a run that is due, and has not begun, is run once by the version that serves then, whatever its schedule', async () => {
  const { queue, jobs, host, version, inRedis } = scheduled()
  const ran: string[] = []
  const second = new Deferred()
  const note = (major: number) => () => {
    if (ran.push(`${major}`) === 1) second.resolve()
  }
  const handle = await host.add(version(1, '* * * * * *', note(1)))
  await jobs.applied()
  // No worker takes it, and the queue does not make it wait, until one looks.
  const due = async () => ((await queue.getJobSchedulers())[0]?.next ?? Infinity) <= Date.now()
  await expect.poll(due).toBe(true)
  await host.reload(handle, version(2, DAILY, note(2)))
  expect(await inRedis()).toEqual({ 'uni-reload.clean': DAILY })
  // One for each second that went by: a slow machine has more than one.
  const { waiting = 0, delayed } = await queue.getJobCounts('waiting', 'delayed')
  expect({ isWaiting: waiting > 0, delayed }).toEqual({ isWaiting: true, delayed: 1 })
  redis.worker(queue, jobs.processor(host))
  await second.promise
  await expect
    .poll(() => queue.getJobCounts('waiting', 'active', 'delayed'))
    .toEqual({ waiting: 0, active: 0, delayed: 1 })
  expect(ran).toEqual(Array.from({ length: waiting }, () => '2'))
})

it('S2 a schedule that has not changed keeps its next run, in the same process and in the next one', async () => {
  const { queue, host, version, inRedis } = scheduled()
  await host.reload(await host.add(version(1, HOURLY)), version(2, HOURLY))
  await inRedis()
  const id = (await queue.getDelayed())[0]?.id
  await host.close()
  const next = scheduled(queue)
  await next.host.add(version(2, HOURLY))
  expect(await next.inRedis()).toEqual({ 'uni-reload.clean': HOURLY })
  expect((await queue.getDelayed()).map((it) => it.id)).toEqual([id])
})

it('S1 S2 a schedule is in another time zone than before', async () => {
  const { queue, host, version, inRedis } = scheduled()
  await host.add(version(1, DAILY))
  await inRedis()
  await host.close()
  const next = scheduled(queue, { timezone: 'Asia/Tokyo' })
  await next.host.add(version(1, DAILY))
  await next.inRedis()
  expect(await queue.getJobSchedulers()).toMatchObject([{ pattern: DAILY, tz: 'Asia/Tokyo' }])
  expect(await queue.getDelayedCount()).toBe(1)
})

it('S5 the end of the host leaves job schedulers; the next host removes that of a job that has none any more', async () => {
  const { queue, host, version, inRedis } = scheduled()
  await queue.upsertJobScheduler('of somebody else', { pattern: DAILY })
  await host.add(version(1, DAILY))
  await inRedis()
  await host.close()
  expect(await inRedis()).toEqual({ 'of somebody else': DAILY, 'uni-reload.clean': DAILY })
  const next = scheduled(queue)
  await next.host.add(version(2))
  expect(await next.inRedis()).toEqual({ 'of somebody else': DAILY })
})

it('S5 Q4 one whose job nobody provides is removed when it is due, and the run waits', async () => {
  const { queue, host, version, inRedis } = scheduled()
  await host.add(version(1, '* * * * * *'))
  await inRedis()
  await host.close()
  const next = scheduled(queue)
  const worker = redis.worker(queue, next.jobs.processor(next.host))
  await expect.poll(next.inRedis).toEqual({})
  const ran = new Deferred<number>()
  await next.host.add(jobsPlugin('1.0.0', [job({ name: 'clean', run: ({ attempt }) => ran.resolve(attempt) })]))
  expect(await ran.promise).toBe(1)
  await worker.close()
})

it('P5 a job with a schedule may go: its next run leaves the queue with the schedule', async () => {
  const { queue, host, version, inRedis } = scheduled()
  const handle = await host.add(version(1, DAILY))
  await inRedis()
  expect(await queue.getDelayedCount()).toBe(1)
  await host.remove(handle)
  expect(await inRedis()).toEqual({})
  expect(await queue.getDelayedCount()).toBe(0)
})

it('S4 what is committed while Redis is away is in force when it is back', async () => {
  const told: Error[] = []
  const queue = redis.queue(undefined, { enableOfflineQueue: false })
  const { host, version, inRedis } = scheduled(queue, { onError: (error) => told.push(error) })
  // Without a schema nothing is judged by what is in Redis, which would have to be asked.
  const handle = await host.add(version(1, DAILY))
  await inRedis()
  const { stop, start } = redis.server()
  await stop()
  const { handle: second } = await host.reload(handle, version(2, HOURLY))
  await host.reload(second, version(3, '30 * * * *'))
  await expect.poll(() => told.length).toBeGreaterThan(0)
  expect(told[0]?.message).toMatch(
    /^job "clean" of BullMQ queue ".*": its schedule ".*" is not in force yet, and is tried again$/,
  )
  await start()
  expect(await inRedis()).toEqual({ 'uni-reload.clean': '30 * * * *' })
})
