import {
  Binary,
  Decimal,
  DenseUnion,
  Dictionary,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Int,
  Int32,
  Int8,
  List,
  Map_,
  Struct,
  Time,
  TimeUnit,
  TimestampSecond,
  Utf8,
  type DataType,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { contractOf } from '../src/index.js'
import { money } from './fixtures.js'

const field = (type: DataType, name = 'x'): Field => new Field(name, type)
const contract =
  (arrowType: DataType): (() => unknown) =>
  () =>
    contractOf(money({ arrowType }))

/** A list of a list of a list… */
function deep(levels: number): DataType {
  let type: DataType = new Int32()
  for (let level = 0; level < levels; level += 1) type = new List(field(type))
  return type
}

describe('a storage type that the Arrow format does not have is malformed (L4)', () => {
  test.each<[string, DataType, string]>([
    ['integer of 7 bits', new Int(true, 7 as never), 'storage.bitWidth: expected 8, 16, 32 or 64, found 7'],
    ['decimal of no digits', new Decimal(0, 0), 'storage.precision: expected 1 to 38 digits, found 0'],
    ['decimal of too many digits', new Decimal(2, 39), 'storage.precision: expected 1 to 38 digits, found 39'],
    ['decimal of 100 bits', new Decimal(2, 10, 100), 'storage.bitWidth: expected 32, 64, 128 or 256, found 100'],
    ['decimal of half a digit', new Decimal(0.5, 10), 'storage.scale: expected an integer, found 0.5'],
    [
      'time of seconds in 64 bits',
      new Time(TimeUnit.SECOND, 64 as never),
      'storage.bitWidth: expected 32 for a SECOND, found 64',
    ],
    ['timestamp of zone 1', new TimestampSecond(1 as never), 'storage.timezone: expected a string or null, found 1'],
    ['fewer than no bytes', new FixedSizeBinary(-1), 'storage.byteWidth: expected a number of bytes, found -1'],
    ['NaN bytes', new FixedSizeBinary(Number.NaN), 'storage.byteWidth: expected a number of bytes, found NaN'],
    [
      'half an item',
      new FixedSizeList(1.5, field(new Int32())),
      'storage.listSize: expected a number of items, found 1.5',
    ],
    [
      'union with an id too few',
      new DenseUnion([0], [field(new Int32()), field(new Utf8())]),
      'storage.typeIds: expected one for each of 2 children, found 1',
    ],
    [
      'union with an id twice',
      new DenseUnion([1, 1], [field(new Int32()), field(new Utf8())]),
      'storage.typeIds: expected each once, found 1,1',
    ],
    [
      'union with id 128',
      new DenseUnion([128], [field(new Int32())]),
      'storage.typeIds: expected numbers from 0 to 127, found 128',
    ],
    [
      'dictionary by floats',
      new Dictionary(new Utf8(), new Float32() as never),
      'storage.indices: expected an Int, found Float',
    ],
    [
      'map without values',
      new Map_(new Field('entries', new Struct<Record<string, DataType>>([field(new Utf8())])) as never),
      'storage.children[0].type: expected a Struct of a key and a value, found Struct',
    ],
    [
      'list of nothing',
      Object.assign(new List(field(new Int8())), { children: [] }),
      'storage.children: expected one, found 0',
    ],
    [
      'deep down',
      new List(field(new Struct<Record<string, DataType>>([field(new FixedSizeBinary(-2))]))),
      'storage.children[0].type.children[0].type.byteWidth: expected a number of bytes, found -2',
    ],
    [
      'child of no name',
      new List(new Field(5 as never, new Binary())),
      'storage.children[0].name: expected a string, found a value of type number',
    ],
  ])('%s', (_, type, message) => {
    expect(contract(type)).toThrow(message)
  })

  test('so is one without an end', () => {
    const endless = new List(field(new Int32()))
    endless.children.splice(0, 1, field(endless))
    expect(contract(endless)).toThrow('expected a type at most 64 levels deep')
    expect(contract(deep(65))).toThrow('expected a type at most 64 levels deep')
    expect(contract(deep(64))).not.toThrow()
  })

  test.each<[string, DataType]>([
    [
      'decimals of 32, 64 and 256 bits',
      new Struct<Record<string, DataType>>([
        field(new Decimal(2, 9, 32)),
        field(new Decimal(-2, 18, 64)),
        field(new Decimal(80, 76, 256)),
      ]),
    ],
    ['no bytes', new FixedSizeBinary(0)],
    ['no items', new FixedSizeList(0, field(new Int32()))],
    ['no children', new Struct<Record<string, DataType>>([])],
    ['ids in any order', new DenseUnion([127, 0], [field(new Int32()), field(new Utf8())])],
  ])('but not %s', (_, type) => {
    expect(contract(type)).not.toThrow()
  })
})
