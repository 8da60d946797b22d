import { fc } from '@fast-check/vitest'
import { PluginCallError } from '@uni/reload-core'
import { aggregateFn, scalarFn } from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { distanceEntry } from '../../src/plugins/distance/entry.js'
import { statisticsEntry } from '../../src/plugins/statistics/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { providerOf } from './support/providers.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const distance = await distanceEntry()
const [far1, far2] = [providerOf(distance.v1(), scalarFn), providerOf(distance.v2(), scalarFn)]

describe.each([
  ['1.0.0', far1],
  ['2.0.0', far2],
] as const)('distance %s', (version, fn) => {
  it('is the great-circle distance in kilometres', () => {
    expect(fn).toMatchObject({ version, name: 'haversine' })
    expect(fn.call(52.52, 13.405, 48.8566, 2.3522)).toBeCloseTo(877.464, 2)
    expect(fn.call(0, 0, 0, 180)).toBeCloseTo(Math.PI * 6371.0088, 9)
    expect(fn.call(90, 12, -90, 77)).toBeCloseTo(Math.PI * 6371.0088, 9)
    expect(fn.call(10, 20, 10, 20)).toBe(0)
    expect(fn.call(0, 179.5, 0, -179.5)).toBeCloseTo((Math.PI * 6371.0088) / 180, 9)
  })

  it('is null of nothing, and refuses what are no degrees', () => {
    expect(fn.call(1, 2, null, 4)).toBeNull()
    for (const args of [
      [1, 2, 3],
      [1, 2, 3, '4'],
      [1, 2, 3, Number.NaN],
    ])
      expect(() => fn.call(...args)).toThrow(PluginCallError)
  })
})

const lat = fc.double({ min: -90, max: 90, noNaN: true })
const lon = fc.double({ min: -180, max: 180, noNaN: true })
const near = fc.double({ min: -1e-3, max: 1e-3, noNaN: true })
/** Two places: anywhere, close to one another, or close to antipodes. */
const places = fc.oneof(
  fc.tuple(lat, lon, lat, lon),
  fc.tuple(lat, lon, near, near).map(([a, b, c, d]) => [a, b, a + c, b + d] as const),
  fc.tuple(lat, lon, near, near).map(([a, b, c, d]) => [a, b, c - a, b + 180 + d] as const),
)

it('I6 both versions of haversine agree within a millimetre, antipodes included', () =>
  fc.assert(
    fc.property(places, (degrees) => {
      expect(Math.abs(Number(far1.call(...degrees)) - Number(far2.call(...degrees)))).toBeLessThan(1e-6)
    }),
    { numRuns: 5_000 },
  ))

const [mean1, mean2] = [providerOf(statisticsEntry.v1(), aggregateFn), providerOf(statisticsEntry.v2(), aggregateFn)]

function meanOf(fn: typeof mean1, values: readonly unknown[]): unknown {
  return fn.finish(values.reduce((state, value) => fn.step(state, value), fn.init()))
}

describe.each([
  ['1.0.0', mean1],
  ['2.0.0', mean2],
] as const)('mean %s', (version, fn) => {
  it('is the mean of what is not null, and null of nothing', () => {
    expect(fn).toMatchObject({ version, name: 'mean' })
    expect(meanOf(fn, [1, null, 2, undefined, 6n])).toBe(3)
    expect(meanOf(fn, [])).toBeNull()
    expect(meanOf(fn, [null])).toBeNull()
    expect(() => meanOf(fn, ['1'])).toThrow(PluginCallError)
  })

  it('keeps the states of two queries apart', () => {
    const begun = fn.step(fn.init(), 10)
    expect(fn.finish(fn.step(begun, 20))).toBe(15)
    expect(fn.finish(fn.step(begun, 30))).toBe(20)
  })
})

const observations = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 })

it('I6 both versions of mean agree', () =>
  fc.assert(
    fc.property(observations, (values) => {
      expect(Number(meanOf(mean2, values))).toBeCloseTo(Number(meanOf(mean1, values)), 6)
    }),
  ))

describe.each([
  ['distance', distance, scalarFn, 'haversine'],
  ['statistics', statisticsEntry, aggregateFn, 'mean'],
] as const)('the %s plugin', (_, entry, surface, key) => {
  it('goes from version 1 to 2 and back', async () => {
    await using host = await hostWith(entry.v1())
    for (const [make, version] of [
      [entry.v2, '2.0.0'],
      [entry.v1, '1.0.0'],
    ] as const) {
      await reload(host, entry, make())
      expect(servingVersion<unknown, never, never>(host, surface as never, key)).toBe(version)
    }
  })

  it.each(entry.bad().map(({ fault }, at) => [fault, at] as const))(
    'I3 a version that %s is rejected',
    async (_fault, at) => {
      await using host = await hostWith(entry.v1())
      await expectTurnedAway(host, entry, entry.bad()[at] as ReturnType<typeof entry.bad>[number])
      expect(servingVersion<unknown, never, never>(host, surface as never, key)).toBe('1.0.0')
    },
  )
})
