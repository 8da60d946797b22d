import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  DenseUnion,
  Dictionary,
  DurationNanosecond,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Float64,
  Int16,
  Int32,
  IntervalMonthDayNano,
  LargeUtf8,
  List,
  Map_,
  SparseUnion,
  Struct,
  TimeMicrosecond,
  TimestampMillisecond,
  Uint8,
  Utf8,
  type DataType,
} from 'apache-arrow'
import type { LogicalTypeProvider } from '../../src/index.js'
import { bytesOf, finite, hexOf, integer, jsonType, list, record, refuse, text } from './define.js'

const nullable = (name: string, type: ConstructorParameters<typeof Field>[1]): Field => new Field(name, type, true)
const int64 = (value: string): bigint =>
  /^-?\d{1,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value) ? BigInt(value) : refuse(value)
const big = (value: unknown): string => (typeof value === 'bigint' ? String(value) : refuse(typeof value))
const number = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : refuse(typeof value)

/** 128 bits of a number, the low ones first. */
const words = (value: bigint): Uint32Array =>
  Uint32Array.from({ length: 4 }, (_, index) => Number(BigInt.asUintN(32, value >> BigInt(32 * index))))
const ofWords = (value: unknown): bigint =>
  ArrayBuffer.isView(value)
    ? BigInt.asIntN(
        128,
        [...(value as Uint32Array)].reduceRight((high, word) => (high << 32n) | BigInt(word), 0n),
      )
    : refuse(typeof value)
const MAX_CENTS = 10n ** 10n - 1n

function centsOf(literal: string): bigint {
  const [, sign, whole, cents] = /^(-?)(\d{1,8})\.(\d\d)$/.exec(literal) ?? refuse(literal)
  return BigInt(`${sign}${whole}${cents}`)
}

function showCents(value: unknown): string {
  const cents = ofWords(value)
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0')
  return cents <= MAX_CENTS && cents >= -MAX_CENTS
    ? `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
    : refuse(digits)
}

function instantOf(literal: string): number {
  const instant = Date.parse(literal)
  return Number.isFinite(instant) && new Date(instant).toISOString() === literal ? instant : refuse(literal)
}

const isoOf = (value: unknown): string => new Date(number(value)).toISOString()
const dayOf = (literal: string): number => instantOf(`${literal}T00:00:00.000Z`)

const int32OrText = (value: unknown): unknown => (typeof value === 'number' ? integer(value) : text(value))
const entries: Field = new Field(
  'entries',
  new Struct<Record<string, DataType>>([new Field('key', new Utf8()), nullable('value', new Int32())]),
)
const children = (): Field[] => [nullable('number', new Int32()), nullable('text', new Utf8())]

/** A type of each family of Arrow's, the way a plugin would write one. */
export const FAMILIES: readonly (() => LogicalTypeProvider)[] = [
  jsonType(
    'family.bool',
    new Bool(),
    ['true', 'false'],
    (value) => (typeof value === 'boolean' ? value : refuse(value)),
    (value) => (typeof value === 'boolean' ? value : refuse(typeof value)),
  ),
  jsonType(
    'family.uint8',
    new Uint8(),
    ['0', '255'],
    (value) => (integer(value, 16) >= 0 && integer(value, 16) < 256 ? value : refuse(value)),
    number,
  ),
  jsonType('family.float64', new Float64(), ['0.1', '-1e+300', '5e-324'], finite, number),
  jsonType('family.utf8', new Utf8(), ['""', '"ä"', '"\u{1f600}\\n"'], text, text),
  jsonType('family.large-utf8', new LargeUtf8(), ['"a"', '"b"'], text, text),
  jsonType('family.binary', new Binary(), ['""', '"00ff"'], (value) => bytesOf(text(value)), hexOf),
  jsonType(
    'family.fixed-size-binary',
    new FixedSizeBinary(12),
    ['"000000000000000000000001"', '"ffeeddccbbaa998877665544"'],
    (value) => bytesOf(text(value), 12),
    hexOf,
  ),
  jsonType(
    'family.decimal',
    new Decimal(2, 10),
    ['"0.00"', '"-0.01"', '"99999999.99"'],
    (value) => words(centsOf(text(value))),
    showCents,
  ),
  jsonType(
    'family.date',
    new DateDay(),
    ['"1970-01-01"', '"1969-12-31"', '"2024-02-29"'],
    (value) => dayOf(text(value)),
    (value) => isoOf(value).slice(0, -14),
  ),
  jsonType('family.time', new TimeMicrosecond(), ['"0"', '"86399999999"'], (value) => int64(text(value)), big),
  jsonType(
    'family.timestamp',
    new TimestampMillisecond('Europe/Berlin'),
    ['"1970-01-01T00:00:00.000Z"', '"1969-12-31T23:59:59.999Z"'],
    (value) => instantOf(text(value)),
    isoOf,
  ),
  jsonType(
    'family.duration',
    new DurationNanosecond(),
    ['"-1"', '"9223372036854775807"'],
    (value) => int64(text(value)),
    big,
  ),
  jsonType('family.interval', new IntervalMonthDayNano(), ['[0,0,0,0]', '[1,-1,5,0]'], (value) =>
    Int32Array.from(list(value, (item) => integer(item), 4)),
  ),
  jsonType(
    'family.list',
    new List(nullable('item', new Struct([nullable('x', new Int32())]))),
    ['[]', '[{"x":1},null]', '[{"x":null}]'],
    (value) =>
      list(value, (item) =>
        item === null ? null : { x: record(item)['x'] === null ? null : integer(record(item)['x']) },
      ),
  ),
  jsonType(
    'family.fixed-size-list',
    new FixedSizeList(3, new Field('item', new Float32())),
    ['[0,0.5,-2]', '[1,2,3]'],
    (value) => list(value, (item) => (Math.fround(finite(item)) === item ? item : refuse(item)), 3),
  ),
  jsonType(
    'family.struct',
    new Struct<Record<string, DataType>>([
      nullable('name', new Utf8()),
      nullable('tags', new List(nullable('item', new Utf8()))),
    ]),
    ['{"name":"a","tags":[]}', '{"name":null,"tags":["x",null]}'],
    (value) => ({
      name: record(value)['name'] === null ? null : text(record(value)['name']),
      tags: list(record(value)['tags'], (tag) => (tag === null ? null : text(tag))),
    }),
  ),
  jsonType(
    'family.map',
    new Map_(entries),
    ['{}', '{"a":1}', '{"b":2,"a":1}'],
    (value) => new Map(Object.entries(record(value)).map(([key, inner]) => [text(key), integer(inner)])),
  ),
  jsonType('family.dictionary', new Dictionary(new Utf8(), new Int16()), ['"red"', '"green"'], text, text),
  jsonType('family.dense-union', new DenseUnion([4, 7], children()), ['1', '"1"', '-2147483648'], int32OrText),
  jsonType('family.sparse-union', new SparseUnion([0, 1], children()), ['1', '"1"', '""'], int32OrText),
]
