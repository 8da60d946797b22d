import {
  Binary,
  Bool,
  DateMillisecond,
  Decimal,
  Dictionary,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Int16,
  Int32,
  Int64,
  Int8,
  LargeBinary,
  LargeUtf8,
  List,
  Struct,
  TimestampMillisecond,
  TimestampNanosecond,
  Uint64,
  Uint8,
  Utf8,
  type DataType,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { canonicalProblems, contractOf, type CanonicalProblem, type LogicalTypeProvider } from '../src/index.js'
import { money } from './fixtures.js'
import { verdictOn } from './judge.js'
import { CANONICAL, json, uuid } from './types/canonical.js'

const problems = (name: string, arrowType: DataType, metadata?: string): CanonicalProblem[] =>
  canonicalProblems(contractOf(money({ name, arrowType, metadata })))
const struct = (...fields: Field[]): Struct => new Struct(fields)
const field = (name: string, type: DataType, nullable = false, metadata?: Map<string, string>): Field =>
  new Field(name, type, nullable, metadata)
const list = (type: DataType, nullable = false): List => new List(field('item', type, nullable))
const sized = (size: number, type: DataType): FixedSizeList => new FixedSizeList(size, field('item', type))
const tensor = (dimensions: number, size: DataType = new Int32(), data: DataType = list(new Float32())): Struct =>
  struct(field('data', data), field('shape', sized(dimensions, size)))
const stamp = (timestamp: DataType, offset: DataType): Struct =>
  struct(field('timestamp', timestamp), field('offset_minutes', offset))
const variant = (...fields: Field[]): Struct => struct(field('metadata', new Binary()), ...fields)
const value = field('value', new Binary(), true)
const typed = (type: DataType, metadata?: Map<string, string>): Field => field('typed_value', type, true, metadata)

describe('a canonical type in its own form has no problems (L11)', () => {
  test.each(CANONICAL.map((make) => [make().name, make()] as const))('%s', (_, provider) => {
    expect(canonicalProblems(contractOf(provider))).toEqual([])
  })

  test.each<[string, DataType, string?]>([
    ['arrow.json', new LargeUtf8()],
    ['arrow.json', new Utf8(), '{}'],
    ['arrow.json', new Utf8(), ' { } '],
    ['arrow.fixed_shape_tensor', sized(1, new Int8()), '{"shape":[]}'],
    ['arrow.fixed_shape_tensor', sized(0, new Int8()), '{"shape":[3,0]}'],
    ['arrow.fixed_shape_tensor', sized(24, new Int8()), '{"shape":[2,3,4],"permutation":[2,0,1],"note":"ours"}'],
    ['arrow.variable_shape_tensor', tensor(3)],
    ['arrow.variable_shape_tensor', tensor(3), '{"uniform_shape":[400,null,3],"dim_names":["H","W","C"]}'],
    ['arrow.opaque', struct(), '{"type_name":"complex","vendor_name":"PostgreSQL","since":18}'],
    ['arrow.timestamp_with_offset', stamp(new TimestampNanosecond('UTC'), new Dictionary(new Int16(), new Int8()))],
    ['arrow.parquet.variant', struct(value, field('metadata', new Dictionary(new LargeBinary(), new Int8())))],
    ['arrow.parquet.variant', variant(typed(new Int64()))],
    ['arrow.parquet.variant', variant(value, typed(list(struct(value, typed(new Utf8())))))],
    [
      'arrow.parquet.variant',
      variant(value, typed(struct(field('a', struct(typed(struct(field('b', struct(value))))))))),
    ],
    [
      'arrow.parquet.variant',
      variant(typed(new FixedSizeBinary(16), new Map([['ARROW:extension:name', 'arrow.uuid']]))),
    ],
  ])('%s, %s', (name, type, metadata) => {
    expect(problems(name, type, metadata)).toEqual([])
  })
})

describe('a canonical name with another form is a problem, at its path (L11)', () => {
  test.each<[string, DataType, string | undefined, path: string, expected: string]>([
    ['arrow.uuid', new FixedSizeBinary(8), undefined, 'storage', 'FixedSizeBinary of 16 bytes'],
    ['arrow.uuid', new Utf8(), undefined, 'storage', 'FixedSizeBinary of 16 bytes'],
    ['arrow.uuid', new FixedSizeBinary(16), '{}', 'metadata', 'no metadata'],
    ['arrow.bool8', new Uint8(), undefined, 'storage', 'a signed Int of 8 bits'],
    ['arrow.bool8', new Bool(), undefined, 'storage', 'a signed Int of 8 bits'],
    ['arrow.bool8', new Int8(), ' ', 'metadata', 'no metadata'],
    ['arrow.json', new Binary(), undefined, 'storage', 'Utf8 or LargeUtf8'],
    ['arrow.json', new Utf8(), '{"schema":1}', 'metadata', 'no metadata, or {}'],
    ['arrow.json', new Utf8(), '[]', 'metadata', 'no metadata, or {}'],
    ['arrow.fixed_shape_tensor', sized(6, new Int8()), undefined, 'metadata', 'a JSON object with a shape'],
    ['arrow.fixed_shape_tensor', sized(6, new Int8()), '{}', 'metadata.shape', 'an array of sizes'],
    ['arrow.fixed_shape_tensor', sized(6, new Int8()), '{"shape":[2,-3]}', 'metadata.shape', 'an array of sizes'],
    ['arrow.fixed_shape_tensor', sized(6, new Int8()), '{"shape":[2.5]}', 'metadata.shape', 'an array of sizes'],
    [
      'arrow.fixed_shape_tensor',
      sized(5, new Int8()),
      '{"shape":[2,3]}',
      'storage',
      'a FixedSizeList of 6 elements, as the shape has',
    ],
    [
      'arrow.fixed_shape_tensor',
      list(new Int8()),
      '{"shape":[2,3]}',
      'storage',
      'a FixedSizeList of 6 elements, as the shape has',
    ],
    [
      'arrow.fixed_shape_tensor',
      sized(6, new Int8()),
      '{"shape":[2,3],"dim_names":["x"]}',
      'metadata.dim_names',
      'an array of 2 names',
    ],
    [
      'arrow.fixed_shape_tensor',
      sized(6, new Int8()),
      '{"shape":[2,3],"permutation":[0,0]}',
      'metadata.permutation',
      'each of 0 to 1 once',
    ],
    [
      'arrow.fixed_shape_tensor',
      sized(6, new Int8()),
      '{"shape":[2,3],"permutation":[1,2]}',
      'metadata.permutation',
      'each of 0 to 1 once',
    ],
    ['arrow.variable_shape_tensor', list(new Int8()), undefined, 'storage', 'a Struct of data and shape'],
    [
      'arrow.variable_shape_tensor',
      tensor(2, new Int64()),
      undefined,
      'storage.children[1].type',
      'a FixedSizeList of signed Int of 32 bits, one for each dimension',
    ],
    [
      'arrow.variable_shape_tensor',
      tensor(2, new Int32(), sized(2, new Int8())),
      undefined,
      'storage.children[0].type',
      'a List',
    ],
    ['arrow.variable_shape_tensor', tensor(2), 'null', 'metadata', 'a JSON object, or no metadata'],
    [
      'arrow.variable_shape_tensor',
      tensor(2),
      '{"uniform_shape":[1]}',
      'metadata.uniform_shape',
      'an array of 2 sizes, or null where they vary',
    ],
    ['arrow.variable_shape_tensor', tensor(2), '{"dim_names":[1,2]}', 'metadata.dim_names', 'an array of 2 names'],
    ['arrow.opaque', new Binary(), undefined, 'metadata', 'a JSON object with type_name and vendor_name'],
    ['arrow.opaque', new Binary(), '{"type_name":"x"}', 'metadata.vendor_name', 'a string'],
    [
      'arrow.timestamp_with_offset',
      struct(field('offset_minutes', new Int16()), field('timestamp', new TimestampMillisecond('UTC'))),
      undefined,
      'storage',
      'a Struct of timestamp and offset_minutes, in this order',
    ],
    [
      'arrow.timestamp_with_offset',
      stamp(new TimestampMillisecond('Europe/Berlin'), new Int16()),
      undefined,
      'storage.children[0].type',
      'a Timestamp of time zone UTC',
    ],
    [
      'arrow.timestamp_with_offset',
      stamp(new TimestampMillisecond('UTC'), new Int32()),
      undefined,
      'storage.children[1].type',
      'a signed Int of 16 bits, or a Dictionary of such',
    ],
    [
      'arrow.timestamp_with_offset',
      struct(field('timestamp', new TimestampMillisecond('UTC'), true), field('offset_minutes', new Int16())),
      undefined,
      'storage.children[0].nullable',
      'false',
    ],
    [
      'arrow.timestamp_with_offset',
      struct(field('timestamp', new TimestampMillisecond('UTC')), field('offset_minutes', new Int16(), true)),
      undefined,
      'storage.children[1].nullable',
      'false',
    ],
    [
      'arrow.timestamp_with_offset',
      stamp(new TimestampMillisecond('UTC'), new Int16()),
      '{}',
      'metadata',
      'no metadata',
    ],
    [
      'arrow.parquet.variant',
      new Binary(),
      undefined,
      'storage',
      'a Struct of metadata, and of value or typed_value or both',
    ],
    [
      'arrow.parquet.variant',
      struct(field('metadata', new Binary(), true), value),
      undefined,
      'storage.children[0].nullable',
      'false',
    ],
    [
      'arrow.parquet.variant',
      struct(field('metadata', new Utf8()), value),
      undefined,
      'storage.children[0].type',
      'Binary or LargeBinary, or a Dictionary of such',
    ],
    ['arrow.parquet.variant', variant(), undefined, 'storage', 'a field value or typed_value, or both'],
    [
      'arrow.parquet.variant',
      variant(field('value', new Utf8())),
      undefined,
      'storage.children[1].type',
      'Binary or LargeBinary',
    ],
    [
      'arrow.parquet.variant',
      variant(value, field('note', new Utf8())),
      undefined,
      'storage.children[2].name',
      'value or typed_value',
    ],
    ['arrow.parquet.variant', variant(value, value), undefined, 'storage.children[2].name', 'each name once'],
    ...[
      new Uint64(),
      new Float16(),
      new DateMillisecond(),
      new TimestampMillisecond(),
      new TimestampNanosecond('Europe/Berlin'),
      new FixedSizeBinary(16),
      new Decimal(2, 50, 256),
    ].map((type): [string, DataType, undefined, string, string] => [
      'arrow.parquet.variant',
      variant(typed(type)),
      undefined,
      'storage.children[1].type',
      'a type that Parquet variants have',
    ]),
    [
      'arrow.parquet.variant',
      variant(typed(list(struct(value), true))),
      undefined,
      'storage.children[1].type.children[0].nullable',
      'false',
    ],
    [
      'arrow.parquet.variant',
      variant(typed(list(new Int8()))),
      undefined,
      'storage.children[1].type.children[0].type',
      'a Struct of value or typed_value or both',
    ],
    [
      'arrow.parquet.variant',
      variant(typed(struct(field('a', struct())))),
      undefined,
      'storage.children[1].type.children[0].type',
      'a field value or typed_value, or both',
    ],
    ['arrow.parquet.variant', variant(value), '{}', 'metadata', 'no metadata'],
  ])('%s, %s, metadata %s: %s', (name, type, metadata, path, expected) => {
    expect(problems(name, type, metadata).map((problem) => [problem.path, problem.expected])).toEqual([
      [path, expected],
    ])
  })

  test('every problem is reported', () => {
    expect(problems('arrow.uuid', new FixedSizeBinary(8), 'v4').map(({ path }) => path)).toEqual([
      'storage',
      'metadata',
    ])
    expect(problems('arrow.opaque', new Binary(), '{}').map(({ path }) => path)).toEqual([
      'metadata.type_name',
      'metadata.vendor_name',
    ])
  })

  test('also where a field of the storage says that it is such a type', () => {
    const extension = new Map([
      ['ARROW:extension:name', 'arrow.uuid'],
      ['ARROW:extension:metadata', 'v4'],
    ])
    const within = (type: DataType): DataType => list(struct(field('id', type, false, extension)))
    expect(problems('acme.ids', within(new FixedSizeBinary(8)))).toEqual([
      {
        path: 'storage.children[0].type.children[0].type',
        expected: 'FixedSizeBinary of 16 bytes',
        found: { typeId: 'FixedSizeBinary', byteWidth: 8 },
      },
      {
        path: 'storage.children[0].type.children[0].metadata["ARROW:extension:metadata"]',
        expected: 'no metadata',
        found: 'v4',
      },
    ])
    // And where that field stands in another extension type, which is one's own.
    const own = new Map([['ARROW:extension:name', 'acme.id']])
    expect(
      problems('acme.ids', struct(field('own', within(new FixedSizeBinary(8)), false, own))).map(({ path }) => path),
    ).toEqual([
      'storage.children[0].type.children[0].type.children[0].type',
      'storage.children[0].type.children[0].type.children[0].metadata["ARROW:extension:metadata"]',
    ])
    expect(
      problems('acme.ids', new Dictionary(struct(field('id', new Utf8(), false, extension)), new Int8())).map(
        ({ path }) => path,
      ),
    ).toContain('storage.dictionary.children[0].type')
  })

  test('a name of one’s own has none, whatever every object inherits', () => {
    for (const name of ['acme.uuid', 'constructor', '__proto__', 'toString'])
      expect(problems(name, new Utf8(), '{}')).toEqual([])
  })
})

describe('the discipline (L11)', () => {
  test('refuses a version that is not what its canonical name says, also where nothing changed', async () => {
    const wrong = (): LogicalTypeProvider => ({ ...uuid(), metadata: 'v4' })
    expect(await verdictOn(wrong(), wrong())).toEqual({
      level: 'incompatible',
      reason:
        'it names a canonical Arrow extension type, and is not stored as such a type is: metadata: expected no metadata, found "v4"',
      details: [{ path: 'metadata', expected: 'no metadata', found: 'v4' }],
    })
  })

  test('and says what changed beside it, and does not let the version speak for itself', async () => {
    const next = (): LogicalTypeProvider => ({
      ...json(),
      arrowType: new Binary(),
      castFrom: (column) => column,
      compatCheck: () => ({ level: 'migrate', reason: 'smaller' }),
    })
    expect(await verdictOn(json(), next())).toEqual({
      level: 'incompatible',
      reason:
        'it names a canonical Arrow extension type, and is not stored as such a type is: storage: expected Utf8 or LargeUtf8, found {"typeId":"Binary"}; the contract changed: storage.typeId: "Utf8" → "Binary"',
      details: [
        { path: 'storage', expected: 'Utf8 or LargeUtf8', found: { typeId: 'Binary' } },
        { path: 'storage.typeId', old: 'Utf8', new: 'Binary' },
      ],
    })
  })

  test('lets a version mend what the one before had wrong, where a cast carries the samples over', async () => {
    const wrong: LogicalTypeProvider = { ...uuid(), metadata: 'v4' }
    const mended: LogicalTypeProvider = {
      ...uuid(),
      castFrom: (column) => column,
      compatCheck: () => ({ level: 'migrate', reason: 'as Arrow says' }),
    }
    expect(await verdictOn(wrong, mended)).toEqual({ level: 'migrate', reason: 'as Arrow says (metadata: "v4" → "")' })
  })

  test('says that it does not know a name that is Arrow’s to give (L9)', async () => {
    const point = (): LogicalTypeProvider => money({ name: 'arrow.money' })
    expect(await verdictOn(point(), point())).toEqual({
      level: 'compatible',
      unjudged: [
        {
          path: 'name',
          reason:
            '"arrow.money" is a name that only Arrow gives, and this package does not know the rules of its storage',
        },
      ],
    })
  })
})
