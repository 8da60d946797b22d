import {
  Binary,
  Bool,
  DateDay,
  DateMillisecond,
  Decimal,
  DenseUnion,
  Dictionary,
  DurationMicrosecond,
  DurationMillisecond,
  DurationNanosecond,
  DurationSecond,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  IntervalDayTime,
  IntervalMonthDayNano,
  IntervalYearMonth,
  LargeBinary,
  LargeUtf8,
  List,
  Map_,
  Null,
  SparseUnion,
  Struct,
  TimeMicrosecond,
  TimeMillisecond,
  TimeNanosecond,
  TimeSecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  type DataType,
} from 'apache-arrow'
import * as fc from 'fast-check'

/** An independent model of an Arrow type: which class, with which arguments. */
export interface Model {
  kind: Kind
  args: (number | string | boolean | null)[]
  parts: Part[]
}
/** A nested type: a child field, or the index or value type of a dictionary. */
interface Part {
  name: string
  nullable: boolean
  metadata: [string, string][]
  type: Model
}

const LEAVES = {
  Null: [Null],
  Bool: [Bool],
  Utf8: [Utf8],
  LargeUtf8: [LargeUtf8],
  Binary: [Binary],
  LargeBinary: [LargeBinary],
  Int8: [Int8],
  Int16: [Int16],
  Int32: [Int32],
  Int64: [Int64],
  Uint8: [Uint8],
  Uint16: [Uint16],
  Uint32: [Uint32],
  Uint64: [Uint64],
  Float16: [Float16],
  Float32: [Float32],
  Float64: [Float64],
  DateDay: [DateDay],
  DateMillisecond: [DateMillisecond],
  TimeSecond: [TimeSecond],
  TimeMillisecond: [TimeMillisecond],
  TimeMicrosecond: [TimeMicrosecond],
  TimeNanosecond: [TimeNanosecond],
  DurationSecond: [DurationSecond],
  DurationMillisecond: [DurationMillisecond],
  DurationMicrosecond: [DurationMicrosecond],
  DurationNanosecond: [DurationNanosecond],
  IntervalDayTime: [IntervalDayTime],
  IntervalYearMonth: [IntervalYearMonth],
  IntervalMonthDayNano: [IntervalMonthDayNano],
} as const
const TIMESTAMPS = {
  TimestampSecond: [TimestampSecond],
  TimestampMillisecond: [TimestampMillisecond],
  TimestampMicrosecond: [TimestampMicrosecond],
  TimestampNanosecond: [TimestampNanosecond],
} as const
type Leaf = keyof typeof LEAVES
type Stamp = keyof typeof TIMESTAMPS
export type Kind =
  | Leaf
  | Stamp
  | 'Decimal'
  | 'FixedSizeBinary'
  | 'List'
  | 'FixedSizeList'
  | 'Struct'
  | 'Map'
  | 'DenseUnion'
  | 'SparseUnion'
  | 'Dictionary'

/** The Arrow type a model stands for, made of new objects each time. */
export function toArrow({ kind, args, parts }: Model): DataType {
  const fields = (): Field[] =>
    parts.map((part) => new Field(part.name, toArrow(part.type), part.nullable, new Map(part.metadata)))
  const [a, b, c] = args as number[]
  if (kind in LEAVES) return new LEAVES[kind as Leaf][0]()
  if (kind in TIMESTAMPS) return new TIMESTAMPS[kind as Stamp][0](args[0] as string | null)
  switch (kind) {
    case 'Decimal':
      return new Decimal(a as number, b as number, c as number)
    case 'FixedSizeBinary':
      return new FixedSizeBinary(a as number)
    case 'List':
      return new List(fields()[0] as Field)
    case 'FixedSizeList':
      return new FixedSizeList(a as number, fields()[0] as Field)
    case 'Map':
      return new Map_(fields()[0] as Field<Struct>, args[0] as boolean)
    case 'DenseUnion':
      return new DenseUnion(args as number[], fields())
    case 'SparseUnion':
      return new SparseUnion(args as number[], fields())
    case 'Dictionary':
      return new Dictionary(
        toArrow((parts[1] as Part).type),
        toArrow((parts[0] as Part).type) as Int32,
        null,
        args[0] as boolean,
      )
    default:
      return new Struct(fields())
  }
}

const leaf = (kinds: Kind[]): fc.Arbitrary<Model> =>
  fc.constantFrom(...kinds).map((kind) => ({ kind, args: [], parts: [] }))
const scalar: fc.Arbitrary<Model> = fc.oneof(
  { weight: 4, arbitrary: leaf(Object.keys(LEAVES) as Leaf[]) },
  fc
    .tuple(fc.constantFrom(...(Object.keys(TIMESTAMPS) as Stamp[])), fc.constantFrom(null, '', 'UTC', 'Europe/Berlin'))
    .map(([kind, zone]): Model => ({ kind, args: [zone], parts: [] })),
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 10, max: 38 }), fc.constantFrom(128, 256))
    .map((args): Model => ({ kind: 'Decimal', args, parts: [] })),
  fc.integer({ min: 1, max: 32 }).map((width): Model => ({ kind: 'FixedSizeBinary', args: [width], parts: [] })),
)

/** Models of every family of type that Arrow has, nested three deep. */
export const model: fc.Arbitrary<Model> = fc.memo((depth) => (depth <= 1 ? scalar : fc.oneof(scalar, nested(depth))))(3)

function nested(depth: number): fc.Arbitrary<Model> {
  const child = fc.memo((inner) => (inner <= 1 ? scalar : fc.oneof(scalar, nested(inner))))(depth - 1)
  const name = fc.constantFrom('', 'item', 'x', 'a.b', '__proto__')
  const metadata = fc.uniqueArray(fc.tuple(fc.constantFrom('unit', 'a b', 'constructor', '__proto__'), fc.string()), {
    selector: ([key]) => key,
  })
  const part = fc.record({ name, nullable: fc.boolean(), metadata, type: child })
  const entry = fc.record({ name: fc.constantFrom('key', 'value'), nullable: fc.boolean(), metadata, type: child })
  const parts = fc.array(part, { minLength: 1, maxLength: 3 })
  const unnamed = (type: Model): Part => ({ name: '', nullable: false, metadata: [], type })
  return fc.oneof(
    part.map((only): Model => ({ kind: 'List', args: [], parts: [only] })),
    fc
      .tuple(fc.integer({ min: 1, max: 8 }), part)
      .map(([size, only]): Model => ({ kind: 'FixedSizeList', args: [size], parts: [only] })),
    parts.map((all): Model => ({ kind: 'Struct', args: [], parts: all })),
    fc.tuple(fc.boolean(), entry, entry).map(([sorted, key, value]): Model => ({
      kind: 'Map',
      args: [sorted],
      parts: [
        {
          name: 'entries',
          nullable: false,
          metadata: [],
          type: {
            kind: 'Struct',
            args: [],
            parts: [
              { ...key, name: 'key', nullable: false },
              { ...value, name: 'value' },
            ],
          },
        },
      ],
    })),
    fc
      .tuple(fc.constantFrom<Kind>('DenseUnion', 'SparseUnion'), parts, fc.integer({ min: 0, max: 50 }))
      .map(([kind, all, first]): Model => ({ kind, args: all.map((_, index) => first + index), parts: all })),
    fc
      .tuple(
        leaf(['Int8', 'Int16', 'Int32', 'Uint8', 'Uint16', 'Uint32']),
        child.filter(({ kind }) => kind !== 'Dictionary'),
        fc.boolean(),
      )
      .map(([indices, values, ordered]): Model => ({
        kind: 'Dictionary',
        args: [ordered],
        parts: [unnamed(indices), unnamed(values)],
      })),
  )
}
