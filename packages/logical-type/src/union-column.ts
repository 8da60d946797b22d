import { DataType, UnionMode, makeBuilder, type Builder, type Union, type Vector } from 'apache-arrow'

interface BuilderOptions {
  type: DataType
  nullValues: unknown[]
  children?: BuilderOptions[]
  valueToChildTypeId?: (builder: Builder, value: unknown, index: number) => number
}

/** Whether the type is a union, or has one in it: Arrow has to be told which child of it a value goes to. */
export function holdsUnion(type: DataType): boolean {
  return (
    DataType.isUnion(type) ||
    (!DataType.isDictionary(type) && (type.children ?? []).some((child) => holdsUnion(child.type)))
  )
}

/**
 * A column of `values`, as `builderValue` gives them, of a type that is a union or has one in it. A value goes to the
 * first child that takes its kind of JavaScript value: Arrow's readers do not tell from which child a value came, so a
 * provider cannot tell, either.
 *
 * @throws TypeError where no child takes a value.
 */
export function vectorOfUnion(values: readonly unknown[], type: DataType): Vector {
  const builder = makeBuilder(optionsOf(type))
  for (const value of values) builder.append(value)
  return builder.finish().toVector()
}

function optionsOf(type: DataType): BuilderOptions {
  const children = (type.children ?? []).map((child) => optionsOf(child.type))
  const nested = children.length > 0 && !DataType.isDictionary(type) ? { children } : {}
  return { type, nullValues: [null], ...nested, ...(DataType.isUnion(type) && { valueToChildTypeId: chooser(type) }) }
}

function chooser(union: Union): (builder: Builder, value: unknown, index: number) => number {
  return (builder, value, index) => {
    const child = value === null ? 0 : union.children.findIndex((field) => takes(field.type, value))
    if (child < 0) throw new TypeError(`no child of the union takes a value of type ${typeof value}`)
    // Each child of a sparse union has a place for every row.
    if (union.mode === UnionMode.Sparse)
      for (const [other, of] of builder.children.entries()) if (other !== child) of.set(index, null)
    return union.typeIds[child] as number
  }
}

function takes(type: DataType, value: unknown): boolean {
  if (DataType.isDictionary(type)) return takes(type.dictionary, value)
  if (DataType.isUnion(type)) return type.children.some((field) => takes(field.type, value))
  if (DataType.isBool(type)) return typeof value === 'boolean'
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return typeof value === 'string'
  if (DataType.isInt(type)) return type.bitWidth === 64 ? typeof value === 'bigint' : Number.isInteger(value)
  if (DataType.isFloat(type)) return typeof value === 'number'
  if (DataType.isTime(type)) return typeof value === (type.bitWidth === 64 ? 'bigint' : 'number')
  if (DataType.isDuration(type)) return typeof value === 'bigint'
  if (DataType.isDate(type) || DataType.isTimestamp(type)) return typeof value === 'number' || value instanceof Date
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type))
    return value instanceof Uint8Array
  if (DataType.isDecimal(type) || DataType.isInterval(type)) return ArrayBuffer.isView(value)
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) return Array.isArray(value)
  if (DataType.isMap(type)) return value instanceof Map
  return DataType.isStruct(type) && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Map)
}
