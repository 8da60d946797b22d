import { fc } from '@fast-check/vitest'
import { logicalType, type LogicalTypeProvider } from '@uni/reload-logical-type'
import { vectorFromArray } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import type { BadVersion } from '../../src/plugins/catalogue.js'
import { geoEntry as entry } from '../../src/plugins/geo/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { providerOf } from './support/providers.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const VERSIONS = [
  ['1.0.0', entry.v1],
  ['2.0.0', entry.v2],
] as const
const type = (make: typeof entry.v1): LogicalTypeProvider => providerOf(make(), logicalType)

describe.each(VERSIONS)('geo %s', (version, make) => {
  it('reads and shows points, the longitude first', () => {
    expect(type(make)).toMatchObject({ version, name: 'geo.point' })
    for (const [literal, lon, lat] of [
      ['POINT(13.4 52.52)', 13.4, 52.52],
      ['point ( -0.5   .25 ) ', -0.5, 0.25],
      [' POINT(+1.e1 1E-7)', 10, 1e-7],
      ['POINT(-0 0)', 0, 0],
    ] as const)
      expect(type(make).fromLiteral(literal)).toEqual({ lon, lat })
    expect(type(make).toDisplay({ lon: 13.4, lat: 52.52 })).toBe('POINT(13.4 52.52)')
  })

  it.each([
    '',
    'POINT',
    'POINT()',
    'POINT(1)',
    'POINT(1,2)',
    'POINT(1 2',
    'POINT(1 2 3)',
    'POINT(1 2)x',
    'POINT(0x1 2)',
    'POINT(. 2)',
    'POINT(1e 2)',
    'POINT(1 -)',
    'POINT(NaN 2)',
    'PO\u0131NT(1 2)',
  ])('refuses %j', (literal) => {
    expect(() => type(make).fromLiteral(literal)).toThrow('expected POINT(lon lat)')
  })

  it.each(['POINT(180.1 0)', 'POINT(0 -90.1)', 'POINT(1e999 0)'])('refuses %s, which is no place', (literal) => {
    expect(() => type(make).fromLiteral(literal)).toThrow('a latitude within ±90')
  })

  it.each(VERSIONS)('shows what %s stored in a column', (_, other) => {
    const samples = [...(type(make).samples?.() ?? [])]
    const column = vectorFromArray(
      [...samples.map((literal) => type(other).fromLiteral(literal)), null],
      type(other).arrowType,
    )
    const shown = samples.map((literal) => type(make).toDisplay(type(make).fromLiteral(literal)))
    expect(samples.map((_sample, at) => type(make).toDisplay(column.get(at)))).toEqual(shown)
    expect(column.get(samples.length)).toBeNull()
  })
})

const coordinate = fc
  .oneof(fc.double(), fc.double({ min: -200, max: 200 }), fc.integer({ min: -200, max: 200 }))
  .map(String)
const piece = fc.oneof(
  coordinate,
  fc.constantFrom(
    'POINT',
    'point',
    'Po\u0131nt',
    '(',
    ')',
    ' ',
    '  ',
    '+',
    '-',
    '.',
    'e',
    'E',
    '5',
    ',',
    '\t',
    '\u00a0',
  ),
)
const literals = fc.oneof(
  fc.tuple(coordinate, coordinate).map(([lon, lat]) => `POINT(${lon} ${lat})`),
  fc
    .tuple(fc.array(piece, { maxLength: 4 }), fc.array(piece, { maxLength: 4 }))
    .map(([lon, lat]) => `POINT(${lon.join('')} ${lat.join('')})`),
  fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join('')),
)

it('I6 both versions make the same of every literal', () =>
  fc.assert(
    fc.property(literals, (literal) => {
      const read = (make: typeof entry.v1): unknown => {
        try {
          return type(make).fromLiteral(literal)
        } catch (error) {
          return String(error)
        }
      }
      expect(read(entry.v2)).toEqual(read(entry.v1))
    }),
    { numRuns: 2_000 },
  ))

describe('the geo plugin', () => {
  it('goes from version 1 to 2 and back', async () => {
    await using host = await hostWith(entry.v1())
    for (const [make, version] of [
      [entry.v2, '2.0.0'],
      [entry.v1, '1.0.0'],
    ] as const) {
      await reload(host, entry, make())
      expect(servingVersion(host, logicalType, 'geo.point')).toBe(version)
    }
  })

  it.each([
    ['changes the Arrow type of the coordinates', 'SINGLE'],
    ['swaps latitude and longitude', 'POINT(52.52 13.4)'],
  ])('I6 a version that %s is rejected', async (fault, said) => {
    for (const [version, make] of VERSIONS) {
      await using host = await hostWith(make())
      const bad = entry.bad().find((one) => one.fault === fault) as BadVersion
      const error = await expectTurnedAway(host, entry, bad)
      expect(JSON.stringify(error.details)).toContain(said)
      expect(servingVersion(host, logicalType, 'geo.point')).toBe(version)
      using lease = host.capture()
      const served = lease.get(logicalType, 'geo.point')
      expect(served.toDisplay(served.fromLiteral('POINT(1 2)'))).toBe('POINT(1 2)')
    }
  })
})
