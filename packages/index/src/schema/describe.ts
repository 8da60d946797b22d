import type { DataType, Field, Schema } from 'apache-arrow'

/** Plain data, so that schemas of different copies of Arrow can be compared. */
export type Description = string | number | boolean | null | DescriptionMap
export interface DescriptionMap extends ReadonlyMap<string, Description> {}

/** A type that contains itself would have no end. Arrow's own readers stop at this depth, too. */
const MAX_DEPTH = 64

/** @throws TypeError where a type is nested more than 64 levels deep. */
export function describeSchema(schema: Schema): DescriptionMap {
  return new Map([
    ...new Describer().fields(schema.fields, 0).described,
    ['metadata', describeMetadata(schema.metadata)],
  ])
}

/** A dictionary's id is a number of the process it was made in, and tells nothing about the type. */
const NOT_PARAMETERS = new Set(['typeId', 'id', 'children', 'indices', 'dictionary', 'typeIdToChildIndex'])

interface Described {
  readonly described: DescriptionMap
  /** How many levels are below this one. */
  readonly height: number
}

class Describer {
  /** Each type is described once, and the description is shared: 30 nested structs can stand for 2^30 places. */
  readonly #seen = new Map<DataType, Described>()

  fields(fields: readonly Field[], depth: number): Described {
    const byName = new Map<string, Description>()
    let height = 0
    for (const field of fields) {
      // Arrow allows the same name twice, so repeated names get a number.
      let { name } = field
      for (let nth = 2; byName.has(name); nth += 1) name = `${field.name}#${nth}`
      const type = this.#type(field.type, depth + 1)
      height = Math.max(height, type.height + 1)
      byName.set(
        name,
        new Map<string, Description>([
          ...type.described,
          ['nullable', field.nullable],
          ['metadata', describeMetadata(field.metadata)],
        ]),
      )
    }
    return {
      described: new Map<string, Description>([
        ['order', [...byName.keys()].join(', ')],
        ['fields', byName],
      ]),
      height,
    }
  }

  #type(type: DataType, depth: number): Described {
    const seen = this.#seen.get(type)
    if (depth + (seen?.height ?? 0) > MAX_DEPTH) {
      throw new TypeError(`the schema has a type that is nested more than ${MAX_DEPTH} levels deep`)
    }
    if (seen) return seen
    const { children, indices, dictionary } = type as {
      children?: readonly Field[] | null
      indices?: DataType
      dictionary?: DataType
    }
    const described = new Map<string, Description>([['type', children || dictionary ? familyOf(type) : String(type)]])
    let height = 0
    // The text has not all parameters: it lacks a decimal's width, and whether a dictionary is ordered.
    for (const [parameter, value] of Object.entries(type)) {
      if (!NOT_PARAMETERS.has(parameter)) described.set(parameter, describeParameter(value))
    }
    const inside = (part: Described): DescriptionMap => {
      height = Math.max(height, part.height)
      return part.described
    }
    if (children) {
      for (const [part, description] of inside(this.fields(children, depth))) described.set(part, description)
    }
    if (indices) described.set('indices', inside(this.#type(indices, depth + 1)))
    if (dictionary) described.set('dictionary', inside(this.#type(dictionary, depth + 1)))
    const made = { described, height }
    this.#seen.set(type, made)
    return made
  }
}

/** Without the children of a nested type, which the text repeats and which are compared by themselves. */
function familyOf(type: DataType): string {
  return String((type as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]).replace(/_$/, '')
}

function describeParameter(value: unknown): Description {
  if (value === null || value === undefined) return null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
}

function describeMetadata(metadata: ReadonlyMap<string, string>): DescriptionMap {
  return new Map(metadata)
}
