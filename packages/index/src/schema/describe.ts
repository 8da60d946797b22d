import type { DataType, Field, Schema } from 'apache-arrow'

/** Plain data: two of them can be compared whichever copy of Arrow the schemas came from. */
export type Description = string | number | boolean | null | DescriptionMap
export interface DescriptionMap extends ReadonlyMap<string, Description> {}

export function describeSchema(schema: Schema): DescriptionMap {
  return new Map([...describeFields(schema.fields), ['metadata', describeMetadata(schema.metadata)]])
}

function describeFields(fields: readonly Field[]): DescriptionMap {
  const byName = new Map<string, Description>()
  for (const field of fields) {
    // Arrow allows a name twice.
    let { name } = field
    for (let nth = 2; byName.has(name); nth += 1) name = `${field.name}#${nth}`
    byName.set(name, new Map<string, Description>([
      ...describeType(field.type), ['nullable', field.nullable], ['metadata', describeMetadata(field.metadata)],
    ]))
  }
  return new Map<string, Description>([['order', [...byName.keys()].join(', ')], ['fields', byName]])
}

/** A dictionary's id is a number of the process it was made in, and says nothing about the type. */
const NOT_PARAMETERS = new Set(['typeId', 'id', 'children', 'indices', 'dictionary', 'typeIdToChildIndex'])

function describeType(type: DataType): DescriptionMap {
  const { children, indices, dictionary } = type as { children?: readonly Field[] | null; indices?: DataType; dictionary?: DataType }
  // The text of a nested type repeats those of its children, which are compared on their own.
  const name = children || dictionary ? String(type).replace(/[<[{].*$/s, '') : String(type)
  const described = new Map<string, Description>([['type', name]])
  // Not all parameters are in the text: a decimal's width is not, nor whether a dictionary is ordered.
  for (const [parameter, value] of Object.entries(type)) {
    if (!NOT_PARAMETERS.has(parameter)) described.set(parameter, describeParameter(value))
  }
  if (children) for (const [part, description] of describeFields(children)) described.set(part, description)
  if (indices) described.set('indices', describeType(indices))
  if (dictionary) described.set('dictionary', describeType(dictionary))
  return described
}

function describeParameter(value: unknown): Description {
  if (value === null || value === undefined) return null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
}

function describeMetadata(metadata: ReadonlyMap<string, string>): DescriptionMap {
  return new Map(metadata)
}
