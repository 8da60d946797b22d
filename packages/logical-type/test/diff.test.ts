import {
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Float32,
  Int16,
  Int32,
  Int64,
  List,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import {
  contractOf,
  describeType,
  diffContract,
  type ContractDifference,
  type LogicalTypeProvider,
} from '../src/index.js'
import { money } from './fixtures.js'

const diff = (old: Partial<LogicalTypeProvider>, next: Partial<LogicalTypeProvider>): ContractDifference[] =>
  diffContract(money(old), money(next))

const withChild = (nullable: boolean): Struct => new Struct([new Field('x', new Int32(), nullable)])
const metadata = (old: string | undefined, next: string | undefined): ContractDifference[] =>
  diff({ metadata: old }, { metadata: next })
const malformed =
  (changes: object): (() => unknown) =>
  () =>
    contractOf({ ...money(), ...changes })

describe('the contract (L1)', () => {
  test('a child that is no longer nullable is reported at its path', () => {
    expect(diff({ arrowType: withChild(true) }, { arrowType: withChild(false) })).toEqual([
      { path: 'storage.children[0].nullable', old: true, new: false },
    ])
  })

  test('every difference is reported, each at its own path', () => {
    const old = new Struct([new Field('at', new TimestampMillisecond('UTC')), new Field('amount', new Decimal(2, 10))])
    const next = new Struct([
      new Field('at', new TimestampMillisecond('Europe/Berlin')),
      new Field('sum', new Decimal(4, 10), true),
    ])
    expect(
      diff({ arrowType: old, encodingVersion: '1' }, { arrowType: next, encodingVersion: '2', name: 'acme.amount' }),
    ).toEqual([
      { path: 'name', old: 'acme.money', new: 'acme.amount' },
      { path: 'storage.children[0].type.timezone', old: 'UTC', new: 'Europe/Berlin' },
      { path: 'storage.children[1].name', old: 'amount', new: 'sum' },
      { path: 'storage.children[1].nullable', old: false, new: true },
      { path: 'storage.children[1].type.scale', old: 2, new: 4 },
      { path: 'encodingVersion', old: '1', new: '2' },
    ])
  })

  test('a part that stands in two places is compared with what stands in each of them', () => {
    const part = withChild(true)
    const both = (a: Struct, b: Struct): Struct => new Struct([new Field('a', a), new Field('b', b)])
    expect(diff({ arrowType: both(part, part) }, { arrowType: both(withChild(true), withChild(false)) })).toEqual([
      { path: 'storage.children[1].type.children[0].nullable', old: true, new: false },
    ])
  })

  test('of types of different families, only that is reported', () => {
    expect(diff({ arrowType: new Int32() }, { arrowType: new Utf8() })).toEqual([
      { path: 'storage.typeId', old: 'Int', new: 'Utf8' },
    ])
  })

  test('a child that came or went is reported whole', () => {
    const [one, two] = [new Field('x', new Int32()), new Field('y', new Utf8())]
    expect(diff({ arrowType: new Struct([one, two]) }, { arrowType: new Struct([one]) })).toEqual([
      {
        path: 'storage.children[1]',
        old: { name: 'y', nullable: false, metadata: {}, type: { typeId: 'Utf8' } },
        new: undefined,
      },
    ])
  })

  test("a dictionary's values and indices count, its serial number does not", () => {
    const old = new Dictionary(new Utf8(), new Int32(), 7)
    expect(diff({ arrowType: old }, { arrowType: new Dictionary(new Utf8(), new Int32(), 8) })).toEqual([])
    expect(diff({ arrowType: old }, { arrowType: new Dictionary(new Utf8(), new Int16(), 7, true) })).toEqual([
      { path: 'storage.isOrdered', old: false, new: true },
      { path: 'storage.indices.bitWidth', old: 32, new: 16 },
    ])
  })

  test('types made by a class of one width and by the general class are the same', () => {
    expect(diff({ arrowType: new Float32() }, { arrowType: Object.assign(new Float32(), {}) })).toEqual([])
    expect(describeType(new DateDay())).toEqual({ typeId: 'Date', unit: 'DAY' })
  })

  test('the absence of an encoding version differs from any', () => {
    expect(diff({ encodingVersion: undefined }, { encodingVersion: '1' })).toEqual([
      { path: 'encodingVersion', old: undefined, new: '1' },
    ])
  })
})

describe('extension metadata (L3)', () => {
  test('is compared as JSON where both are: order and spacing of keys do not count', () => {
    expect(metadata('{"a":1,"b":[1,{"c":null}]}', '{ "b": [1.0, {"c": null}], "a": 1e0 }')).toEqual([])
  })

  test('differs at the path of the key that differs', () => {
    expect(metadata('{"digits":2,"a b":{"x":[1,2]}}', '{"digits":3,"a b":{"x":[1]}}')).toEqual([
      { path: 'metadata.digits', old: 2, new: 3 },
      { path: 'metadata["a b"].x[1]', old: 2, new: undefined },
    ])
  })

  test('tells numbers apart that are one double', () => {
    expect(metadata('{"epoch":9007199254740993}', '{"epoch":9007199254740992}')).toHaveLength(1)
    expect(metadata('{"epoch":9007199254740993}', '{"epoch":9007199254740993}')).toEqual([])
    expect(metadata('[1e999]', '[1e998]')).toHaveLength(1)
    expect(metadata('[12345678901234567890]', '["12345678901234567890"]')).toHaveLength(1)
    expect(metadata(String.raw`{"a\"1234567890123456789":0}`, String.raw`{"a\"1234567890123456788":0}`)).toHaveLength(2)
  })

  test('is compared as text where either is not JSON', () => {
    expect(metadata('unit=cm', 'unit=mm')).toEqual([{ path: 'metadata', old: 'unit=cm', new: 'unit=mm' }])
    expect(metadata('{"a":1}', '{a:1}')).toEqual([{ path: 'metadata', old: '{"a":1}', new: '{a:1}' }])
  })

  test('differs where a list has become an object', () => {
    expect(metadata('[1]', '{"0":1}')).toEqual([{ path: 'metadata', old: [1], new: { 0: 1 } }])
  })

  test('may have the key by which Arrow types are told apart', () => {
    expect(metadata('{"typeId":"a","b":1}', '{"b":2}')).toEqual([
      { path: 'metadata.typeId', old: 'a', new: undefined },
      { path: 'metadata.b', old: 1, new: 2 },
    ])
  })

  test('of a field in the storage may come and go', () => {
    const described = new Struct([
      new Field('x', new Int32(), true, new Map([['ARROW:extension:metadata', '{"a":1}']])),
    ])
    const path = 'storage.children[0].metadata["ARROW:extension:metadata"]'
    expect(diff({ arrowType: withChild(true) }, { arrowType: described })).toEqual([
      { path, old: undefined, new: '{"a":1}' },
    ])
    expect(diff({ arrowType: described }, { arrowType: withChild(true) })).toEqual([
      { path, old: '{"a":1}', new: undefined },
    ])
  })

  test('that is empty is metadata that is absent, as in the Arrow format', () => {
    expect(metadata(undefined, '')).toEqual([])
    expect(metadata(undefined, 'null')).toEqual([{ path: 'metadata', old: '', new: 'null' }])
  })

  test('may have keys that every object inherits', () => {
    expect(metadata('{"a":1}', '{"a":1,"__proto__":{},"constructor":1}').map(({ path }) => path)).toEqual([
      'metadata.__proto__',
      'metadata.constructor',
    ])
  })
})

describe('a malformed contract (L4)', () => {
  test('is refused with what is malformed', () => {
    expect(malformed({ name: '' })).toThrow('name: expected a non-empty string')
    expect(malformed({ metadata: {} })).toThrow('metadata: expected a string or nothing, found a value of type object')
    expect(malformed({ encodingVersion: 2 })).toThrow(
      'encodingVersion: expected a string or nothing, found a value of type number',
    )
    expect(malformed({ arrowType: undefined })).toThrow(
      'storage: expected an Arrow type of a known family, found a value of type undefined',
    )
    expect(malformed({ arrowType: new Int64().constructor })).toThrow('found a value of type function')
    expect(malformed({ arrowType: new List(new Field('item', { typeId: 21 } as never)) })).toThrow(
      'storage.children[0].type: expected an Arrow type of a known family, found type id 21, which a newer Arrow may have',
    )
  })
})
