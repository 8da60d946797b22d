import {
  Binary,
  Bool,
  Date_,
  DateUnit,
  Decimal,
  Dictionary,
  Duration,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float,
  Int,
  Interval,
  IntervalUnit,
  LargeBinary,
  LargeUtf8,
  List,
  Map_,
  Null,
  Precision,
  Struct,
  Time,
  TimeUnit,
  Timestamp,
  Union,
  UnionMode,
  Utf8,
  type DataType,
} from 'apache-arrow'
import { fieldCount, MAX_FIELDS } from './field-count.js'
import type { StorageField, StorageType } from './storage-type.js'

/**
 * A new Arrow type with the meaning of `described`, which shares no object with the type that was described. Dictionary
 * ids are given by position, so that the same description and the same values give the same IPC bytes. A type with too
 * many fields for a column shares its parts again.
 */
export function rebuildType(described: StorageType): DataType {
  return build(described, { nextDictionaryId: 0, ...(fieldCount(described) > MAX_FIELDS && { built: new Map() }) })
}

interface Build {
  nextDictionaryId: number
  /** Absent where each place gets a type of its own. */
  readonly built?: Map<StorageType, DataType>
}

function build(described: StorageType, state: Build): DataType {
  const type = state.built?.get(described) ?? buildFamily(described, state)
  state.built?.set(described, type)
  return type
}

function buildFamily(described: StorageType, state: Build): DataType {
  switch (described.typeId) {
    case 'Null':
      return new Null()
    case 'Bool':
      return new Bool()
    case 'Utf8':
      return new Utf8()
    case 'LargeUtf8':
      return new LargeUtf8()
    case 'Binary':
      return new Binary()
    case 'LargeBinary':
      return new LargeBinary()
    case 'Int':
      return new Int(described.isSigned, described.bitWidth)
    case 'Float':
      return new Float(Precision[described.precision])
    case 'Decimal':
      return new Decimal(described.scale, described.precision, described.bitWidth)
    case 'Date':
      return new Date_(DateUnit[described.unit])
    case 'Time':
      return new Time(TimeUnit[described.unit], described.bitWidth)
    case 'Timestamp':
      return new Timestamp(TimeUnit[described.unit], described.timezone)
    case 'Duration':
      return new Duration(TimeUnit[described.unit])
    case 'Interval':
      return new Interval(IntervalUnit[described.unit])
    case 'FixedSizeBinary':
      return new FixedSizeBinary(described.byteWidth)
    case 'List':
      return new List(onlyField(described.children, state))
    case 'FixedSizeList':
      return new FixedSizeList(described.listSize, onlyField(described.children, state))
    case 'Map':
      return new Map_(onlyField(described.children, state), described.keysSorted)
    case 'Struct':
      return new Struct(fields(described.children, state))
    case 'Union':
      return new Union(UnionMode[described.mode], [...described.typeIds], fields(described.children, state))
    case 'Dictionary':
      return buildDictionary(described, state)
  }
}

function buildDictionary(described: StorageType & { typeId: 'Dictionary' }, state: Build): Dictionary {
  const id = state.nextDictionaryId
  state.nextDictionaryId += 1
  const indices = build(described.indices, state) as Dictionary['indices']
  return new Dictionary(build(described.dictionary, state), indices, id, described.isOrdered)
}

function fields(children: readonly StorageField[], state: Build): Field[] {
  return children.map(
    ({ name, type, nullable, metadata }) =>
      new Field(name, build(type, state), nullable, new Map(Object.entries(metadata))),
  )
}

function onlyField(children: readonly StorageField[], state: Build): Field {
  const [field] = fields(children, state)
  if (field === undefined) throw new TypeError('a list or map type needs a child')
  return field
}
