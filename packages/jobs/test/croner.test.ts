import { PluginHost } from '@uni/reload-core'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { cronerJobs, type CronerJobsOptions } from '../src/croner/index.js'
import { job, jobsHandoff } from '../src/index.js'
import { runJobBackendConformance } from '../src/testing/index.js'
import { Deferred } from './fixtures/deferred.js'
import { jobsPlugin } from './fixtures/plugins.js'

describe('the backend', () => {
  runJobBackendConformance({
    test: it,
    schedules: ['0 4 1 1 *', '0 5 1 1 *'],
    noSchedules: ['sometimes', '0 0 31 2 *'],
    open() {
      const jobs = cronerJobs()
      return {
        backend: jobs,
        work(host) {
          jobs.start(host)
          return { stop: () => jobs.stop() }
        },
      }
    },
  })
})

describe('by the clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.UTC(2026, 0, 1, 0, 0, 30) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function scheduled(options: CronerJobsOptions = {}) {
    const ran: string[] = []
    const failed: string[] = []
    const jobs = cronerJobs({ ...options, onError: ({ message }, key) => failed.push(`${key}: ${message}`) })
    const host = new PluginHost({ strategies: [jobsHandoff(jobs)] })
    onTestFinished(() => host.close())
    jobs.start(host)
    const note = (major: number) => () => void ran.push(`${major} at ${new Date().toISOString().slice(14, 19)}`)
    const version = (major: number, schedule?: string, run: () => unknown = note(major)) =>
      jobsPlugin(`${major}.0.0`, [job({ name: 'clean', schedule, run })])
    const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000)
    return { jobs, host, ran, failed, version, minutes }
  }

  it('S1 S2 each run that is due is run once, by the schedule and the version that serve then', async () => {
    const { host, ran, version, minutes } = scheduled()
    const first = await host.add(version(1, '* * * * *'))
    await minutes(2)
    const bake = { ms: 600_000_000, healthy: () => true }
    const { handle } = await host.reload(first, version(2, '*/2 * * * *'), { bake })
    await minutes(2)
    await host.takeBack(handle)
    await minutes(2)
    const { handle: same } = await host.reload(host.plugin('jobs') as never, version(3, '* * * * *'))
    await minutes(1)
    await host.reload(same, version(4))
    await minutes(5)
    expect(ran).toEqual(['1 at 01:00', '1 at 02:00', '2 at 04:00', '1 at 05:00', '1 at 06:00', '3 at 07:00'])
  })

  it('S2 what was due before the commit, while the event loop was busy, is run by the version that serves then', async () => {
    const { host, ran, version, minutes } = scheduled()
    const first = await host.add(version(1, '* * * * *'))
    // The timer has not fired: as where a synchronous call takes from 0:50 to 1:02.
    vi.setSystemTime(Date.UTC(2026, 0, 1, 0, 1, 2))
    await host.reload(first, version(2, '*/3 * * * *'))
    await minutes(3)
    expect(ran).toEqual(['2 at 01:02', '2 at 03:00'])
  })

  it('S1 nothing is run of a version that is refused, nor after the end of the host', async () => {
    const { host, ran, version, minutes } = scheduled()
    const first = await host.add(version(1, '* * * * *'))
    const failing = { ...version(2, '* * * * * *'), init: () => Promise.reject(new Error('a bad version')) }
    await expect(host.reload(first, failing)).rejects.toThrow('a bad version')
    await minutes(1)
    await host.close()
    await minutes(3)
    expect(ran).toEqual(['1 at 01:00'])
  })

  it('Q5 stop waits for the runs that have begun; with protect, none is begun beside one of the job', async () => {
    const { jobs, host, ran, version, minutes } = scheduled({ protect: true })
    const work = new Deferred()
    await host.add(
      version(1, '* * * * *', async () => {
        ran.push('begins')
        await work.promise
        ran.push('ends')
      }),
    )
    await minutes(3)
    const stopped = jobs.stop().then(() => ran.push('stopped'))
    work.resolve()
    await stopped
    await minutes(3)
    expect(ran).toEqual(['begins', 'ends', 'stopped'])
  })

  it('a run that fails is told, and the next one is run', async () => {
    const { host, failed, minutes } = scheduled({ prefix: 'cron/' })
    const fails = () => Promise.reject(new Error('no disk'))
    await host.add(jobsPlugin('1.0.0', [job({ name: 'cron/clean', schedule: '* * * * *', run: fails })]))
    await minutes(2)
    expect(failed).toEqual(['cron/clean: no disk', 'cron/clean: no disk'])
  })

  it('B2 a second start is refused until it was stopped', async () => {
    const { jobs, host } = scheduled()
    expect(() => jobs.start(host)).toThrow('cronerJobs: start was called before')
    await jobs.stop()
    jobs.start(host)
  })
})

it('the example of the README runs by its schedule', async () => {
  const { cleaner, handle, host, stop } = await import('./fixtures/readme-croner.js')
  const log = vi.spyOn(console, 'log')
  onTestFinished(() => log.mockRestore())
  const cleaned = new Deferred()
  log.mockImplementation((text) => {
    if (text === '2.0.0 cleans') cleaned.resolve()
  })
  await host.reload(handle, cleaner('2.0.0', '* * * * * *'))
  await cleaned.promise
  await stop()
  expect(log).not.toHaveBeenCalledWith('1.0.0 cleans')
})
