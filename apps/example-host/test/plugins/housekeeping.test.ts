import { backgroundJob, runJob } from '@uni/reload-core/surfaces'
import { Cron } from 'croner'
import { expect, it } from 'vitest'
import { housekeepingEntry } from '../../src/plugins/housekeeping/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { providerOf } from './support/providers.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

it('each tick is run by the version that serves then', async () => {
  const runs: string[] = []
  const entry = housekeepingEntry((version) => runs.push(version))
  await using host = await hostWith(entry.v1())
  await runJob(host, 'housekeeping')
  for (const make of [entry.v2, entry.v1]) {
    await reload(host, entry, make())
    await runJob(host, 'housekeeping')
  }
  expect(runs).toEqual(['1.0.0', '2.0.0', '1.0.0'])
})

it('is due every second', () => {
  const entry = housekeepingEntry(() => {})
  for (const make of [entry.v1, entry.v2]) {
    const { schedule } = providerOf(make(), backgroundJob)
    const [first, second] = new Cron(schedule ?? '').nextRuns(2, new Date('2024-01-01T00:00:00.500Z')) as [Date, Date]
    expect(second.getTime() - first.getTime()).toBe(1_000)
  }
})

it('version 2 does not begin what was given up', async () => {
  const runs: string[] = []
  const job = providerOf(housekeepingEntry((version) => runs.push(version)).v2(), backgroundJob)
  await expect(async () =>
    job.run({ input: undefined, id: '1', attempt: 1, signal: AbortSignal.abort(new Error('given up')) }),
  ).rejects.toThrow('given up')
  expect(runs).toEqual([])
})

it('I3 a version that changes its id is rejected', async () => {
  const entry = housekeepingEntry(() => {})
  await using host = await hostWith(entry.v1())
  const bad = entry.bad()
  expect(bad.map(({ fault }) => fault)).toEqual(['changes its id'])
  for (const version of bad) await expectTurnedAway(host, entry, version)
  expect(servingVersion(host, backgroundJob, 'housekeeping')).toBe('1.0.0')
})
