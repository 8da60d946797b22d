import type { Schema } from 'apache-arrow'
import { shortened } from '../shortened.js'
import { describeSchema, type Description, type DescriptionMap } from './describe.js'

/** One difference between two schemas. */
export interface SchemaDifference {
  /** Such as `fields.title.nullable`. */
  readonly path: string
  /** As text, where it is not a single value; `undefined` where there was none. */
  readonly old: string | number | boolean | null | undefined
  readonly next: string | number | boolean | null | undefined
}

/** The most that are listed: where types share a part, one difference in it shows in any number of places. */
const MOST = 1000

/**
 * The first 1,000 differences of two schemas in names, order, types in depth, nullability and metadata. Empty where
 * they are equal.
 */
export function diffSchema(old: Schema, next: Schema): SchemaDifference[] {
  const found: SchemaDifference[] = []
  for (const difference of differences('', describeSchema(old), describeSchema(next), new EqualPairs())) {
    if (found.push(difference) === MOST) break
  }
  return found
}

/** Pairs of descriptions that were found equal, so that shared parts are compared once. */
class EqualPairs {
  readonly #pairs = new Map<DescriptionMap, Set<DescriptionMap>>()

  has(old: DescriptionMap, next: DescriptionMap): boolean {
    return this.#pairs.get(old)?.has(next) === true
  }

  add(old: DescriptionMap, next: DescriptionMap): void {
    this.#pairs.set(old, (this.#pairs.get(old) ?? new Set()).add(next))
  }
}

/** The most that a sentence names; the details have all of them. */
const LISTED = 8

/** The differences in words. */
export function showDifferences(differences: readonly SchemaDifference[]): string {
  const listed = differences.slice(0, LISTED).map(({ path, old, next }) => `${path}: ${show(old)} → ${show(next)}`)
  if (differences.length > LISTED) listed.push(`and ${differences.length - LISTED} more`)
  return listed.join('; ')
}

function* differences(
  path: string,
  old: Description | undefined,
  next: Description | undefined,
  equal: EqualPairs,
): Generator<SchemaDifference> {
  if (isMap(old) && isMap(next)) {
    if (equal.has(old, next)) return
    let same = true
    for (const name of namesToCompare(old, next)) {
      const place = path === '' ? name : `${path}.${name}`
      for (const difference of differences(place, old.get(name), next.get(name), equal)) {
        same = false
        yield difference
      }
    }
    if (same) equal.add(old, next)
  } else if (old !== next) {
    yield { path, old: plain(old), next: plain(next) }
  }
}

/** Where the type differs, its parameters and children differ as well, and are not listed. */
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
  return value === undefined ? 'none' : JSON.stringify(typeof value === 'string' ? shortened(value) : value)
}
