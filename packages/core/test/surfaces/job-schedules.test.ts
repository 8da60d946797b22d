import { PluginHost } from '@uni/reload-core'
import { backgroundJob, backgroundJobHandoff, runJob } from '@uni/reload-core/surfaces'
import { Cron } from 'croner'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TestPlugin } from '../fixtures/test-plugin.js'

type Schedules = Readonly<Record<string, string | undefined>>

/** A plugin with one job for each schedule, which enters its version where it runs. */
function jobs(version: string, schedules: Schedules, ran: string[] = []): TestPlugin {
  return new TestPlugin('jobs', version, {
    register(registrar) {
      for (const [name, schedule] of Object.entries(schedules)) {
        const run = (): number => ran.push(`${name} ${version}`)
        registrar.provide(backgroundJob, { name, run, ...(schedule !== undefined && { schedule }) })
      }
    },
  })
}

describe('onSchedules', () => {
  /** A host, and what its scheduler was told, commit by commit. */
  function told(onSchedules: () => unknown = () => {}) {
    const all: [string, string | undefined][][] = []
    const host = new PluginHost({
      strategies: [
        backgroundJobHandoff({
          onSchedules(changed) {
            all.push([...changed])
            return onSchedules() as void
          },
        }),
      ],
    })
    return { host, all }
  }

  it('A4 is told of each job whose schedule is another one now, and of no other', async () => {
    const { host, all } = told()
    const first = await host.add(
      jobs('1.0.0', { stays: 'daily', changes: 'daily', goes: 'daily', loses: 'daily', never: undefined }),
    )
    const second = jobs('2.0.0', {
      stays: 'daily',
      changes: 'hourly',
      loses: undefined,
      never: undefined,
      gains: 'daily',
    })
    const { handle } = await host.reload(first, second)
    await host.reload(handle, second)
    await host.close()
    expect(all).toEqual([
      [
        ['stays', 'daily'],
        ['changes', 'daily'],
        ['goes', 'daily'],
        ['loses', 'daily'],
      ],
      [
        ['gains', 'daily'],
        ['changes', 'hourly'],
        ['loses', undefined],
        ['goes', undefined],
      ],
      [
        ['stays', undefined],
        ['changes', undefined],
        ['gains', undefined],
      ],
    ])
  })

  it('A4 what it could not be told at one commit it is told at the next', async () => {
    let fails = true
    const { host, all } = told(() => (fails ? Promise.reject(new Error('redis is away')) : undefined))
    const first = await host.add(jobs('1.0.0', { one: 'daily' }))
    const { handle, report } = await host.reload(first, jobs('2.0.0', { one: 'daily', two: undefined }))
    expect(report.commitErrors.map(({ message }) => message)).toEqual([
      expect.stringContaining('onSchedules() returned a promise'),
    ])
    fails = false
    const third = await host.reload(handle, jobs('3.0.0', { one: 'daily', two: undefined }))
    expect(third.report.commitErrors).toEqual([])
    await host.reload(third.handle, jobs('4.0.0', { one: 'daily', two: undefined }))
    expect(all).toEqual([
      [['one', 'daily']],
      [['one', 'daily']],
      [
        ['one', 'daily'],
        ['two', undefined],
      ],
    ])
  })

  it('A4 is told what changed, whatever a provider makes of its schedule once it serves', async () => {
    const { host, all } = told()
    const provider = { name: 'one', schedule: 'daily', run() {} }
    const plugin = (version: string): TestPlugin =>
      new TestPlugin('jobs', version, { register: (registrar) => void registrar.provide(backgroundJob, provider) })
    const first = await host.add(plugin('1.0.0'))
    provider.schedule = 'hourly'
    await host.reload(first, plugin('2.0.0'))
    expect(all).toEqual([[['one', 'daily']], [['one', 'hourly']]])
  })
})

describe('a scheduler, croner', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.UTC(2026, 0, 1, 0, 0, 30) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('A4 goes by the schedules of the version that serves, from the commit on and from a take-back on', async () => {
    const ran: string[] = []
    const crons = new Map<string, Cron>()
    const failed: unknown[] = []
    const report = (error: unknown): void => void failed.push(error)
    const strategy = backgroundJobHandoff({
      onSchedules(changed) {
        for (const [name, schedule] of changed) {
          crons.get(name)?.stop()
          crons.delete(name)
          if (schedule !== undefined) crons.set(name, new Cron(schedule, { catch: report }, () => runJob(host, name)))
        }
      },
    })
    const host: PluginHost = new PluginHost({ strategies: [strategy] })
    /** What runs in the next three minutes. */
    const next = async (): Promise<string[]> => {
      ran.length = 0
      await vi.advanceTimersByTimeAsync(3 * 60_000)
      return [...ran]
    }
    const first = await host.add(jobs('1.0.0', { mail: '* * * * *', old: '0 * * * *' }, ran))
    expect(await next()).toEqual(['mail 1.0.0', 'mail 1.0.0', 'mail 1.0.0'])
    const second = jobs('2.0.0', { mail: '*/3 * * * *', new: '*/2 * * * *' }, ran)
    const { handle } = await host.reload(first, second, { bake: { ms: 600_000_000, healthy: () => true } })
    // From 0:03:30 to 0:06:30.
    expect((await next()).toSorted()).toEqual(['mail 2.0.0', 'new 2.0.0', 'new 2.0.0'])
    await host.takeBack(handle)
    expect(await next()).toEqual(['mail 1.0.0', 'mail 1.0.0', 'mail 1.0.0'])
    expect([...crons.keys()].toSorted()).toEqual(['mail', 'old'])
    await host.close()
    expect(await next()).toEqual([])
    expect({ crons: crons.size, failed }).toEqual({ crons: 0, failed: [] })
  })
})
