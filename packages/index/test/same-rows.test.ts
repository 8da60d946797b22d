import {
  Binary,
  DateMillisecond,
  Decimal,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Struct,
  TimestampMillisecond,
  Utf8,
  type DataType,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { differentRows } from '../src/same-rows.js'
import { batch } from './fixtures/batches.js'

const one = (type: DataType, ...values: unknown[]): ReturnType<typeof batch> => batch({ a: [type, values] })
const vector = new FixedSizeList(2, new Field('item', new Float32()))
const record = new Struct([new Field('x', new Utf8()), new Field('y', new Float64())])

describe('X12: rows compared by value', () => {
  test.for<readonly [what: string, type: DataType, old: unknown, next: unknown, same: boolean]>([
    ['text', new Utf8(), 'a', 'a', true],
    ['text', new Utf8(), 'a', 'b', false],
    ['nothing and nothing', new Utf8(), null, null, true],
    ['nothing and empty', new Utf8(), null, '', false],
    ['nothing and zero', new Float64(), null, 0, false],
    ['a dictionary', new Dictionary(new Utf8(), new Int32()), 'a', 'a', true],
    ['64 bits', new Int64(), 2n ** 60n, 2n ** 60n, true],
    ['64 bits', new Int64(), 2n ** 60n, 2n ** 60n + 1n, false],
    ['large ids in a column of floats', new Float64(), 10_000_000, 10_000_001, false],
    ['large integers', new Int32(), 10_000_000, 10_000_001, false],
    ['a rounded score', new Float64(), 0.1 + 0.2, 0.3, true],
    ['a score that is whole by rounding', new Float64(), 3, 3 + 1e-9, true],
    ['another score', new Float64(), 0.3, 0.30001, false],
    ['a distance of nearly zero', new Float64(), 0, 1e-9, true],
    ['a small distance', new Float64(), 0, 1e-6, false],
    ['zero and minus zero', new Float64(), 0, -0, true],
    ['no number, twice', new Float64(), NaN, NaN, true],
    ['no number, once', new Float64(), NaN, 1, false],
    ['infinity and a number', new Float64(), Infinity, 1.5, false],
    ['infinity, twice', new Float64(), Infinity, Infinity, true],
    ['infinity and its opposite', new Float64(), Infinity, -Infinity, false],
    ['a date', new DateMillisecond(), new Date(5), new Date(5), true],
    ['a date', new DateMillisecond(), new Date(86_400_000), new Date(0), false],
    ['a time', new TimestampMillisecond(), 5, 6, false],
    ['bytes', new Binary(), new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
    ['bytes', new Binary(), new Uint8Array([1, 2]), new Uint8Array([1, 3]), false],
    ['bytes of another length', new Binary(), new Uint8Array([1, 2]), new Uint8Array([1]), false],
    ['a decimal', new Decimal(2, 10, 128), new Uint32Array([1, 0, 0, 0]), new Uint32Array([1, 0, 0, 0]), true],
    ['a decimal', new Decimal(2, 10, 128), new Uint32Array([1, 0, 0, 0]), new Uint32Array([2, 0, 0, 0]), false],
    ['a list', new List(new Field('item', new Utf8())), ['a', 'b'], ['a', 'b'], true],
    ['a list', new List(new Field('item', new Utf8())), ['a', 'b'], ['a'], false],
    ['a vector, rounded', vector, [0.5, 0.25], [0.5 + 1e-7, 0.25], true],
    ['a vector', vector, [0.5, 0.25], [0.5, 0.26], false],
    ['a struct', record, { x: 'a', y: 0.5 }, { x: 'a', y: 0.5 }, true],
    ['a struct', record, { x: 'a', y: 0.5 }, { x: 'a', y: 0.6 }, false],
  ])('%s: %s', ([, type, old, next, same]) => {
    const difference = differentRows(one(type, old), one(type, next))
    const named = difference === undefined || /^row 0, column "a": .* → /.test(difference)
    expect({ same: difference === undefined, named }).toEqual({ same, named: true })
  })

  test('the columns are the same, in the same order', () => {
    const a = [new Utf8(), ['x']] as const
    expect(differentRows(batch({ a, b: a }), batch({ b: a, a }))).toBe('columns a, b → b, a')
    expect(differentRows(batch({ a, b: a }), batch({ a }))).toBe('columns a, b → a')
  })

  test('a long value is named by its beginning', () => {
    expect(differentRows(one(new Utf8(), 'x'.repeat(500)), one(new Utf8(), 'y'))).toMatch(
      /^row 0, column "a": "x{59}…" → "y"$/,
    )
  })
})
