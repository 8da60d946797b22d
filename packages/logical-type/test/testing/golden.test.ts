import { tableFromArrays, tableFromIPC, tableToIPC, type Field } from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeLogicalTypeGolden, type GoldenFile } from '../../src/testing/index.js'
import { readGolden } from '../../src/testing/golden-file.js'
import { seal } from '../../src/testing/checksum.js'
import { contractOf } from '../../src/index.js'
import { money } from '../fixtures.js'
import { goldenFilesOf } from '../golden-files.js'
import { KEPT } from '../types/all.js'

const [file] = writeLogicalTypeGolden(money(), { version: '1.2.3' }) as [GoldenFile]
const damaged = (bytes: Uint8Array) => () => readGolden({ name: 'x.arrow', bytes })

describe('a golden file', () => {
  test('says what wrote it, what it meant, and what it stored', () => {
    const { version, contract, rows, column } = readGolden(file)
    expect(file.name).toBe('acme.money-1.2.3.arrow')
    expect({ version, contract }).toEqual({ version: '1.2.3', contract: contractOf(money()) })
    expect(rows).toEqual(
      ['0.00', '12.50', '-0.01', '92233720368547758.07'].map((literal) => ({ literal, display: literal })),
    )
    expect([...column]).toEqual([0n, 1250n, -1n, 9223372036854775807n, null])
  })

  test('is an Arrow file that any reader of Arrow opens', () => {
    const table = tableFromIPC(file.bytes)
    expect(new TextDecoder().decode(file.bytes.subarray(0, 6))).toBe('ARROW1')
    expect(table.schema.names).toEqual(['value', 'literal', 'display'])
    const extension = (table.schema.fields[0] as Field).metadata
    expect([...extension]).toEqual([
      ['ARROW:extension:name', 'acme.money'],
      ['ARROW:extension:metadata', '{"currency":"EUR","digits":2}'],
    ])
    expect([...(table.getChild('display') ?? [])]).toEqual([...(table.getChild('literal') ?? [])])
  })

  test('is the same each time it is written', () => {
    expect(writeLogicalTypeGolden(money(), { version: '1.2.3' })).toEqual([file])
  })

  test('is not written of a version that fails on a sample', () => {
    expect(() => writeLogicalTypeGolden(money({ samples: () => ['oops'] }), { version: '1' })).toThrow(
      'the sample "oops" has no display: no amount: oops',
    )
  })

  test('may be given as a Buffer of Node, which stays as it is', () => {
    const buffer = Buffer.concat([Buffer.from('before'), file.bytes]).subarray(6)
    expect(readGolden({ name: 'x.arrow', bytes: buffer }).rows).toHaveLength(4)
    expect(new Uint8Array(buffer)).toEqual(file.bytes)
  })
})

describe('bytes that are no golden file are refused, by name (L12)', () => {
  test('empty, of something else, and of a table that is none', () => {
    expect(damaged(new Uint8Array())).toThrow('x.arrow is no golden file of a logical type: it has no checksum')
    expect(damaged(new TextEncoder().encode('uni-golden-crc32:'))).toThrow(
      'x.arrow is no golden file of a logical type: its checksum is ""',
    )
    const other = tableFromArrays({ value: [1] })
    other.schema.metadata.set('uni:checksum', 'uni-golden-crc32:00000000')
    expect(damaged(seal(tableToIPC(other, 'file')))).toThrow(
      'x.arrow is no golden file of a logical type: it has no columns value, literal and display',
    )
  })

  test('truncated anywhere, with any byte changed, and with bytes added', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: file.bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        fc.uint8Array({ minLength: 1 }),
        (at, change, more) => {
          const changed = file.bytes.slice()
          changed[at] = (changed[at] as number) ^ change
          for (const bytes of [file.bytes.slice(0, at), changed, new Uint8Array([...file.bytes, ...more])]) {
            expect(damaged(bytes)).toThrow(/^x\.arrow is no golden file of a logical type: /)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(damaged(bytes)).toThrow('x.arrow is no golden file')
      }),
    )
  })
})

describe('a golden file holds what was written, whatever it was (L6)', () => {
  const cents = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

  test('amounts of money', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(cents, { maxLength: 50 }),
        fc.option(fc.string(), { nil: undefined }),
        (amounts, encodingVersion) => {
          const type = money({ encodingVersion, samples: () => amounts.map((amount) => money().toDisplay(amount)) })
          const [written] = writeLogicalTypeGolden(type, { version: '1' }) as [GoldenFile]
          const { contract, column, rows } = readGolden(written)
          expect([...column]).toEqual([...amounts, null])
          expect(rows.map(({ display }) => display)).toEqual(amounts.map((amount) => money().toDisplay(amount)))
          expect(contract).toEqual(contractOf(type))
        },
      ),
      { numRuns: 100 },
    )
  })
})

test('the files of earlier versions are kept beside those of the present one', () => {
  expect(goldenFilesOf('acme.money').map(({ name }) => name)).toEqual([
    'acme.money-1.0.0.arrow',
    'acme.money-2.0.0.arrow',
  ])
  expect(KEPT.filter(({ make }) => goldenFilesOf(make().name).length === 0)).toEqual([])
})
