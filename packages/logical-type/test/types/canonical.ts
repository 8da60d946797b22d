import {
  Binary,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Int16,
  Int32,
  Int8,
  List,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow'
import type { LogicalTypeProvider } from '../../src/index.js'
import { bytesOf, finite, hexOf, integer, jsonType, list, plain, refuse, text } from './define.js'

const bytes = (name: string, nullable = false): Field => new Field(name, new Binary(), nullable)

export const uuid = (): LogicalTypeProvider => ({
  name: 'arrow.uuid',
  arrowType: new FixedSizeBinary(16),
  fromLiteral: (literal) =>
    bytesOf(
      (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(literal) ?? refuse(literal))[0].replaceAll('-', ''),
      16,
    ),
  toDisplay: (value) =>
    (hexOf(value).match(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/) ?? refuse(hexOf(value))).slice(1).join('-'),
  samples: () => ['00000000-0000-0000-0000-000000000000', '00112233-4455-6677-8899-aabbccddeeff'],
})

export const json = (): LogicalTypeProvider => ({
  name: 'arrow.json',
  arrowType: new Utf8(),
  fromLiteral(literal) {
    JSON.parse(literal)
    return text(literal)
  },
  toDisplay: text,
  samples: () => ['{}', '{"a":[1,null]}', '"ä"', ' 1 '],
})

export const bool8 = (): LogicalTypeProvider => ({
  name: 'arrow.bool8',
  arrowType: new Int8(),
  fromLiteral: (literal) => (literal === 'true' ? 1 : literal === 'false' ? 0 : refuse(literal)),
  toDisplay: (value) => (typeof value === 'number' ? String(value !== 0) : refuse(typeof value)),
  samples: () => ['true', 'false'],
})

const row = (value: unknown, length: number): number[] => list(value, (item) => integer(item), length)

const fixedShapeTensor = (): LogicalTypeProvider => ({
  ...jsonType(
    'arrow.fixed_shape_tensor',
    new FixedSizeList(6, new Field('item', new Int32())),
    ['[[1,2,3],[4,5,6]]', '[[0,0,0],[-1,0,1]]'],
    (value) => list(value, (inner) => row(inner, 3), 2).flat(),
    (value) => {
      const all = plain(value) as number[]
      return [all.slice(0, 3), all.slice(3)]
    },
  )(),
  metadata: '{"shape":[2,3],"dim_names":["y","x"],"permutation":[1,0]}',
})

const tensorStorage = new Struct([
  new Field('data', new List(new Field('item', new Float32()))),
  new Field('shape', new FixedSizeList(2, new Field('item', new Int32()))),
])

const variableShapeTensor = (): LogicalTypeProvider => ({
  ...jsonType(
    'arrow.variable_shape_tensor',
    tensorStorage,
    ['[]', '[[1,0.5]]', '[[1,2],[3,4]]'],
    (value) => {
      const rows = list(value, (inner) =>
        list(inner, (item) => (Math.fround(finite(item)) === item ? item : refuse(item)), 2),
      )
      return { data: rows.flat(), shape: [rows.length, 2] }
    },
    (value) => {
      const { data, shape: [rows = 0] = [] } = plain(value) as { data: number[]; shape: number[] }
      return Array.from({ length: Math.min(rows, data.length) }, (_, index) => data.slice(index * 2, index * 2 + 2))
    },
  )(),
  metadata: '{"dim_names":["row","pair"],"uniform_shape":[null,2]}',
})

const opaque = (): LogicalTypeProvider => ({
  name: 'arrow.opaque',
  arrowType: new Binary(),
  metadata: '{"type_name":"geometry","vendor_name":"PostGIS"}',
  fromLiteral: (literal) => bytesOf(literal),
  toDisplay: hexOf,
  samples: () => ['', '0101', 'ff'],
})

const OFFSET_LITERAL = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})([+-])(\d\d):(\d\d)$/

const timestampWithOffset = (): LogicalTypeProvider => ({
  name: 'arrow.timestamp_with_offset',
  arrowType: new Struct([
    new Field('timestamp', new TimestampMillisecond('UTC')),
    new Field('offset_minutes', new Int16()),
  ]),
  fromLiteral(literal) {
    const [, local, sign, hours, minutes] = OFFSET_LITERAL.exec(literal) ?? refuse(literal)
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    const clock = Date.parse(`${local}Z`)
    if (!Number.isFinite(clock) || offset < -779 || offset > 780) refuse(literal)
    return { timestamp: clock - offset * 60_000, offset_minutes: offset }
  },
  toDisplay(value) {
    const { timestamp, offset_minutes: offset } = value as { timestamp: number; offset_minutes: number }
    const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
      String(part).padStart(2, '0'),
    )
    return `${new Date(timestamp + offset * 60_000).toISOString().slice(0, -1)}${offset < 0 ? '-' : '+'}${hours}:${minutes}`
  },
  samples: () => ['2025-01-01T00:00:00.000+00:00', '1969-12-31T23:59:59.999-07:00', '2024-02-29T12:30:00.001+13:00'],
})

/** The encodings of the values of Parquet variants this type has: a byte that says the type, and the value. */
const VARIANTS: ReadonlyMap<number, (rest: number) => unknown> = new Map<number, (rest: number) => unknown>([
  [0, () => null],
  [4, () => true],
  [8, () => false],
  [12, (rest) => (rest << 24) >> 24],
])
const encoded = (value: unknown): number[] =>
  value === null ? [0] : typeof value === 'boolean' ? [value ? 4 : 8] : [12, integer(value, 8) & 255]

const variant = (): LogicalTypeProvider =>
  jsonType(
    'arrow.parquet.variant',
    new Struct([bytes('metadata'), bytes('value', true)]),
    ['null', 'true', 'false', '-128', '5'],
    (value) => ({ metadata: Uint8Array.of(1, 0, 0), value: Uint8Array.from(encoded(value)) }),
    (value) => {
      const {
        value: [header = -1, rest = 0],
      } = value as { value: Uint8Array }
      return (VARIANTS.get(header) ?? refuse(header))(rest)
    },
  )()

/** A provider of each canonical extension type of Arrow's. */
export const CANONICAL: readonly (() => LogicalTypeProvider)[] = [
  uuid,
  json,
  bool8,
  fixedShapeTensor,
  variableShapeTensor,
  opaque,
  timestampWithOffset,
  variant,
]
