import type { Schema } from 'apache-arrow'
import { describeSchema, type Description, type DescriptionMap } from './describe.js'

/** One thing that is not as it was. */
export interface SchemaDifference {
  /** Such as `fields.title.nullable`. */
  readonly path: string
  /** As text, where it is not a single value; `undefined` where there was nothing. */
  readonly old: string | number | boolean | null | undefined
  readonly next: string | number | boolean | null | undefined
}

/** Everything in which two schemas differ: names, order, types in depth, nullability and metadata. Empty where equal. */
export function diffSchema(old: Schema, next: Schema): SchemaDifference[] {
  return [...differences('', describeSchema(old), describeSchema(next))]
}

/** One difference, as people read it. */
export function showDifference({ path, old, next }: SchemaDifference): string {
  return `${path}: ${show(old)} → ${show(next)}`
}

function* differences(path: string, old: Description | undefined, next: Description | undefined): Generator<SchemaDifference> {
  if (isMap(old) && isMap(next)) {
    for (const name of namesToCompare(old, next)) {
      yield* differences(path === '' ? name : `${path}.${name}`, old.get(name), next.get(name))
    }
  } else if (old !== next) {
    yield { path, old: plain(old), next: plain(next) }
  }
}

/** Where the type is another, its parameters and children are bound to differ too, and say nothing more. */
function namesToCompare(old: DescriptionMap, next: DescriptionMap): Iterable<string> {
  const type = old.get('type')
  if (typeof type === 'string' && type !== next.get('type')) return ['type', 'nullable', 'metadata']
  return new Set([...old.keys(), ...next.keys()])
}

function isMap(value: Description | undefined): value is DescriptionMap {
  return value instanceof Map
}

function plain(value: Description | undefined): SchemaDifference['old'] {
  return isMap(value) ? plain(value.get('type') ?? [...value.keys()].join(', ')) : value
}

function show(value: SchemaDifference['old']): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
