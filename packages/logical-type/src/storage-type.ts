import { DataType, DateUnit, IntervalUnit, Precision, TimeUnit, Type, UnionMode, type Field } from 'apache-arrow'

/** An Arrow type as plain data, in Arrow's own property names, with enumerations by name. */
export type StorageType =
  | { readonly typeId: 'Null' | 'Bool' | 'Utf8' | 'LargeUtf8' | 'Binary' | 'LargeBinary' }
  | { readonly typeId: 'Int'; readonly bitWidth: 8 | 16 | 32 | 64; readonly isSigned: boolean }
  | { readonly typeId: 'Float'; readonly precision: keyof typeof Precision }
  | { readonly typeId: 'Decimal'; readonly precision: number; readonly scale: number; readonly bitWidth: number }
  | { readonly typeId: 'Date'; readonly unit: keyof typeof DateUnit }
  | { readonly typeId: 'Time'; readonly unit: keyof typeof TimeUnit; readonly bitWidth: 32 | 64 }
  | { readonly typeId: 'Timestamp'; readonly unit: keyof typeof TimeUnit; readonly timezone: string | null }
  | { readonly typeId: 'Duration'; readonly unit: keyof typeof TimeUnit }
  | { readonly typeId: 'Interval'; readonly unit: keyof typeof IntervalUnit }
  | { readonly typeId: 'FixedSizeBinary'; readonly byteWidth: number }
  | { readonly typeId: 'List' | 'Struct'; readonly children: readonly StorageField[] }
  | { readonly typeId: 'FixedSizeList'; readonly listSize: number; readonly children: readonly StorageField[] }
  | { readonly typeId: 'Map'; readonly keysSorted: boolean; readonly children: readonly StorageField[] }
  | {
      readonly typeId: 'Union'
      readonly mode: keyof typeof UnionMode
      readonly typeIds: readonly number[]
      readonly children: readonly StorageField[]
    }
  | {
      readonly typeId: 'Dictionary'
      readonly indices: StorageType
      readonly dictionary: StorageType
      readonly isOrdered: boolean
    }

/** A type that contains itself would have no end. Arrow's own readers stop at this depth, too. */
const MAX_DEPTH = 64

/** A child of a nested type. */
export interface StorageField {
  readonly name: string
  readonly nullable: boolean
  readonly metadata: Readonly<Record<string, string>>
  readonly type: StorageType
}

/**
 * Describes an Arrow type in depth. Two types have equal descriptions exactly where the Arrow format gives them the
 * same meaning, whichever copy of the library made them: a dictionary's id, which is a serial number, is left out; and
 * an empty name or time zone is absent, as the format does not tell the two apart.
 *
 * @throws TypeError where `type` is no Arrow type of a family that this package knows.
 */
export function describeType(type: DataType, path = 'storage'): StorageType {
  return describe(type, { path, depth: 0, seen: new Map() }).described
}

/** The place of a type, and the types that were described before it. */
interface Place {
  readonly path: string
  readonly depth: number
  readonly seen: Map<DataType, Described>
}

interface Described {
  readonly described: StorageType
  /** How many levels are below this one. */
  readonly height: number
}

/** Each object is described once, and the description is shared: 30 nested structs can stand for 2^30 places. */
function describe(type: DataType, { path, depth, seen }: Place): Described {
  const known = seen.get(type)
  if (depth + (known?.height ?? 0) > MAX_DEPTH) {
    throw new TypeError(`${path.slice(0, 60)}…: expected a type at most ${MAX_DEPTH} levels deep`)
  }
  if (known) return known
  let height = 0
  const described = describeFamily(type, path, (inner, at) => {
    const part = describe(inner, { path: at, depth: depth + 1, seen })
    height = Math.max(height, part.height + 1)
    return part.described
  })
  const made = { described, height }
  seen.set(type, made)
  return made
}

type DescribeInner = (type: DataType, path: string) => StorageType

function describeFamily(type: DataType, path: string, inner: DescribeInner): StorageType {
  const children = (): StorageField[] =>
    type.children.map((field, index) => describeField(field, `${path}.children[${index}]`, inner))
  if (DataType.isNull(type)) return { typeId: 'Null' }
  if (DataType.isBool(type)) return { typeId: 'Bool' }
  if (DataType.isUtf8(type)) return { typeId: 'Utf8' }
  if (DataType.isLargeUtf8(type)) return { typeId: 'LargeUtf8' }
  if (DataType.isBinary(type)) return { typeId: 'Binary' }
  if (DataType.isLargeBinary(type)) return { typeId: 'LargeBinary' }
  if (DataType.isInt(type)) return { typeId: 'Int', bitWidth: type.bitWidth, isSigned: type.isSigned }
  if (DataType.isFloat(type))
    return { typeId: 'Float', precision: nameIn(Precision, type.precision, `${path}.precision`) }
  if (DataType.isDecimal(type))
    return { typeId: 'Decimal', precision: type.precision, scale: type.scale, bitWidth: type.bitWidth }
  if (DataType.isDate(type)) return { typeId: 'Date', unit: nameIn(DateUnit, type.unit, `${path}.unit`) }
  if (DataType.isTime(type))
    return { typeId: 'Time', unit: nameIn(TimeUnit, type.unit, `${path}.unit`), bitWidth: type.bitWidth }
  if (DataType.isTimestamp(type))
    return { typeId: 'Timestamp', unit: nameIn(TimeUnit, type.unit, `${path}.unit`), timezone: type.timezone || null }
  if (DataType.isDuration(type)) return { typeId: 'Duration', unit: nameIn(TimeUnit, type.unit, `${path}.unit`) }
  if (DataType.isInterval(type)) return { typeId: 'Interval', unit: nameIn(IntervalUnit, type.unit, `${path}.unit`) }
  if (DataType.isFixedSizeBinary(type)) return { typeId: 'FixedSizeBinary', byteWidth: type.byteWidth }
  if (DataType.isList(type)) return { typeId: 'List', children: children() }
  if (DataType.isStruct(type)) return { typeId: 'Struct', children: children() }
  if (DataType.isFixedSizeList(type)) return { typeId: 'FixedSizeList', listSize: type.listSize, children: children() }
  if (DataType.isMap(type)) return { typeId: 'Map', keysSorted: type.keysSorted, children: children() }
  if (DataType.isUnion(type)) {
    return {
      typeId: 'Union',
      mode: nameIn(UnionMode, type.mode, `${path}.mode`),
      typeIds: [...type.typeIds],
      children: children(),
    }
  }
  if (DataType.isDictionary(type)) {
    return {
      typeId: 'Dictionary',
      isOrdered: type.isOrdered,
      indices: inner(type.indices, `${path}.indices`),
      dictionary: inner(type.dictionary, `${path}.dictionary`),
    }
  }
  throw new TypeError(`${path}: expected an Arrow type of a known family, found ${describeUnknown(type)}`)
}

function describeField(field: Field, path: string, inner: DescribeInner): StorageField {
  if (typeof field !== 'object' || field === null)
    throw new TypeError(`${path}: expected an Arrow field, found ${describeUnknown(field)}`)
  const metadata = [...field.metadata].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    name: textOf(field.name || '', `${path}.name`),
    nullable: Boolean(field.nullable),
    metadata: Object.fromEntries(metadata.map(([key, value]) => [key, String(value)])),
    type: inner(field.type, `${path}.type`),
  }
}

function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new TypeError(`${path}: expected a string, found ${describeUnknown(value)}`)
  return value
}

function nameIn<E extends Record<string, string | number>>(enumeration: E, value: number, path: string): keyof E {
  const name = enumeration[value]
  if (typeof name !== 'string')
    throw new TypeError(`${path}: expected one of Arrow's enumerated values, found ${value}`)
  return name
}

function describeUnknown(found: unknown): string {
  const typeId = typeof found === 'object' && found !== null && 'typeId' in found ? found.typeId : undefined
  if (typeof typeId === 'number')
    return `type id ${typeId}${typeId in Type ? ` (${Type[typeId]})` : ', which a newer Arrow may have'}`
  return found === null ? 'null' : `a value of type ${typeof found}`
}
