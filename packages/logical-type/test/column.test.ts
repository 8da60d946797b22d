import {
  Binary,
  Bool,
  DateDay,
  DateMillisecond,
  Decimal,
  DenseUnion,
  Dictionary,
  DurationNanosecond,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float64,
  Int32,
  Int64,
  IntervalDayTime,
  IntervalMonthDayNano,
  IntervalYearMonth,
  LargeBinary,
  LargeUtf8,
  List,
  Map_,
  Struct,
  TimeNanosecond,
  SparseUnion,
  TimestampMicrosecond,
  TimestampSecond,
  Utf8,
  type DataType,
  type tableFromIPC,
} from 'apache-arrow'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { readColumn, sameBytes, writeColumn } from '../src/column.js'
import { contractOf, describeType } from '../src/index.js'
import { money } from './fixtures.js'

// A host in CommonJS has a copy of Arrow's classes of its own.
const required = createRequire(import.meta.url)('apache-arrow') as { tableFromIPC: typeof tableFromIPC }

const store = (arrowType: DataType, value: unknown): Uint8Array => writeColumn(contractOf(money({ arrowType })), value)
const entries = (value: DataType = new Int32()): Field =>
  new Field('entries', new Struct([new Field('key', new Utf8()), new Field('value', value, true)]))

describe('a value goes through an Arrow column and back (L6)', () => {
  test.each<[DataType, value: unknown, other: unknown]>([
    [new Bool(), true, false],
    [new Int32(), -1, 1],
    [new Int64(), 1n << 60n, 0n],
    [new Float16(), 1.5, -1.5],
    [new Float64(), 0.1, 0.2],
    [new Utf8(), 'ä', ''],
    [new LargeUtf8(), 'x', 'y'],
    [new Binary(), Uint8Array.of(1, 2), Uint8Array.of()],
    [new LargeBinary(), Uint8Array.of(0), Uint8Array.of(0, 0)],
    [new FixedSizeBinary(2), Uint8Array.of(1, 2), Uint8Array.of(2, 1)],
    [new Decimal(2, 10), Uint32Array.of(5, 0, 0, 0), Uint32Array.of(0, 5, 0, 0)],
    [new DateDay(), new Date(0), new Date(86_400_000)],
    [new DateMillisecond(), 0, 86_400_000],
    [new TimestampSecond(), 1000, 2000],
    [new TimestampMicrosecond('UTC'), 1.5, 2],
    [new TimeNanosecond(), 5n, 6n],
    [new DurationNanosecond(), -5n, 5n],
    [new IntervalYearMonth(), Int32Array.of(1, 2), Int32Array.of(2, 1)],
    [new IntervalDayTime(), Int32Array.of(1, 2), Int32Array.of(2, 1)],
    [new IntervalMonthDayNano(), Int32Array.of(1, 2, 3, 0), Int32Array.of(1, 2, 4, 0)],
    [new List(new Field('item', new Int32())), [1, 2], [1]],
    [new FixedSizeList(2, new Field('item', new Float64())), [1, 2], [2, 1]],
    [new Struct([new Field('x', new Int32()), new Field('y', new Utf8())]), { x: 1, y: 'a' }, { x: 1, y: 'b' }],
    [new Map_(entries()), new Map([['a', 1]]), new Map([['a', 2]])],
    [
      new Map_(entries(new List(new Field('item', new Struct([new Field('x', new Int32())]))))),
      new Map([['a', [{ x: 1 }]]]),
      new Map([['a', [{ x: 2 }]]]),
    ],
    [
      new Map_(entries(new Map_(entries()))),
      new Map([['a', new Map([['b', 1]])]]),
      new Map([['a', new Map([['b', 2]])]]),
    ],
    [new Dictionary(new Utf8(), new Int32()), 'a', 'b'],
    [
      new List(
        new Field(
          'item',
          new Struct([new Field('x', new List(new Field('deep', new Int32())), true, new Map([['a', 'b']]))]),
          true,
        ),
      ),
      [{ x: [1] }],
      [{ x: [2] }],
    ],
    [new Struct([new Field('x', new Dictionary(new Utf8(), new Int32()), true)]), { x: 'a' }, { x: 'b' }],
    [
      new Struct(['x', 'y'].map((name) => new Field(name, new Dictionary(new Utf8(), new Int32()), true))),
      { x: 'a', y: 'b' },
      { x: 'a', y: 'c' },
    ],
    [new DenseUnion([3, 5], [new Field('i', new Int32(), true), new Field('s', new Utf8(), true)]), 'a', 7],
    [new SparseUnion([3, 5], [new Field('i', new Int32(), true), new Field('s', new Utf8(), true)]), 7, 'a'],
    [
      new Struct([
        new Field(
          'u',
          new SparseUnion([0, 1], [new Field('n', new Float64(), true), new Field('b', new Bool(), true)]),
          true,
        ),
      ]),
      { u: true },
      { u: 0.5 },
    ],
    [
      new List(
        new Field(
          'item',
          new DenseUnion(
            [0, 1],
            [new Field('n', new Int64(), true), new Field('l', new List(new Field('item', new Utf8())), true)],
          ),
          true,
        ),
      ),
      [1n, ['a']],
      [['a'], 1n],
    ],
  ])('%s', (type, value, other) => {
    const column = readColumn(store(type, value))
    expect(column.length).toBe(2)
    expect(describeType(column.type)).toEqual(describeType(type))
    expect(column.get(1)).toBeNull()
    expect(sameBytes(store(type, column.get(0)), store(type, value))).toBe(true)
    const elsewhere: unknown = required.tableFromIPC(store(type, value)).getChildAt(0)?.get(0)
    expect(sameBytes(store(type, elsewhere), store(type, value))).toBe(true)
    expect(sameBytes(store(type, other), store(type, value))).toBe(false)
    expect(String(readColumn(store(type, other)).get(0))).not.toBe(String(column.get(0)))
  })

  test('the column says the extension', () => {
    const column = store(new Utf8(), 'x')
    expect(new TextDecoder('latin1').decode(column)).toContain('ARROW:extension:name')
    expect(new TextDecoder('latin1').decode(column)).toContain('acme.money')
  })

  test('a value that Arrow cannot put into the storage type is refused', () => {
    expect(() => store(new Int64(), 1)).toThrow('Cannot convert 1 to a BigInt')
    expect(() => store(new DenseUnion([0], [new Field('x', new Int32())]), 'a')).toThrow(
      'no child of the union takes a value of type string',
    )
  })

  test('what a reader does to a value does not reach the recorded bytes', () => {
    const recorded = store(new FixedSizeBinary(2), Uint8Array.of(1, 2))
    const value = readColumn(recorded).get(0) as Uint8Array
    value.fill(9)
    expect([...(readColumn(recorded).get(0) as Uint8Array)]).toEqual([1, 2])
  })
})
