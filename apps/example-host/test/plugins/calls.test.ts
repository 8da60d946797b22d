import { hook, middleware, runHooks, runMiddleware, service, serviceOf } from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { checksEntry } from '../../src/plugins/checks/entry.js'
import { pricesEntry } from '../../src/plugins/prices/entry.js'
import type { Prices } from '../../src/plugins/prices/prices.js'
import { tracingEntry } from '../../src/plugins/tracing/entry.js'
import type { Traced } from '../../src/plugins/tracing/trace.js'
import { hostWith, servingVersion } from './support/host.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const both = (version: string, passed: boolean): unknown[] => [
  { version, passed },
  { version, passed },
]

it('I1 the checks of a visit are all of the version that the first of them was', async () => {
  await using host = await hostWith(checksEntry.v2())
  const visit = { page: '/film/7', ms: 5 }
  const running = runHooks(host, 'visit', visit)
  await reload(host, checksEntry, checksEntry.v1())
  expect(await running).toEqual(both('2.0.0', true))
  expect(runHooks(host, 'visit', visit)).toEqual(both('1.0.0', true))
  expect(runHooks(host, 'visit', { page: 'film', ms: -1 })).toEqual(both('1.0.0', false))
})

it('I7 a price that was asked for comes from a version that is not yet closed; a price is told at once', async () => {
  await using host = await hostWith(pricesEntry.v2())
  const prices = serviceOf<Prices>(host, 'prices')
  const quoted = prices.quote(1_001)
  await reload(host, pricesEntry, pricesEntry.v1())
  expect(await quoted).toEqual({ version: '2.0.0', cents: 2 })
  expect(prices.of(1_001)).toEqual({ version: '1.0.0', cents: 2 })
  await reload(host, pricesEntry, pricesEntry.v2())
  expect([prices.of(0), prices.of(1_000), prices.of(1_000)].map(({ cents }) => cents)).toEqual([0, 1, 1])
})

it('I1 a visit leaves by the layers that it came in by', async () => {
  await using host = await hostWith(tracingEntry.v1())
  for (const [make, version] of [
    [tracingEntry.v2, '1.0.0'],
    [tracingEntry.v1, '2.0.0'],
  ] as const) {
    const traced: Traced = { trace: [] }
    let reloading: Promise<void> | undefined
    await runMiddleware(host, traced, async () => {
      const before = host.plugin('tracing')?.generation
      reloading = reload(host, tracingEntry, make())
      await expect.poll(() => host.plugin('tracing')?.generation).not.toBe(before)
    })
    await reloading
    const [outer, inner] = [`tracing/outer@${version}`, `tracing/inner@${version}`]
    expect(traced.trace).toEqual([outer, inner, inner, outer])
  }
})

it('version 2 of the layers writes down the way out of what fails', async () => {
  await using host = await hostWith(tracingEntry.v2())
  const traced: Traced = { trace: [] }
  const failing = runMiddleware(host, traced, () => {
    throw new Error('no such page')
  })
  await expect(failing).rejects.toThrow('no such page')
  expect(traced.trace).toHaveLength(4)
})

describe.each([
  ['checks', checksEntry, hook, 'checks/page'],
  ['prices', pricesEntry, service, 'prices'],
  ['tracing', tracingEntry, middleware, 'tracing/outer'],
] as const)('%s', (_id, entry, surface, key) => {
  it.each(entry.bad().map(({ fault }, at) => [fault, at] as const))(
    'I3 a version that %s is turned away',
    async (_fault, at) => {
      await using host = await hostWith(entry.v1())
      await expectTurnedAway(host, entry, entry.bad()[at] as ReturnType<typeof entry.bad>[number])
      expect(servingVersion<unknown, never, never>(host, surface as never, key)).toBe('1.0.0')
    },
  )
})
