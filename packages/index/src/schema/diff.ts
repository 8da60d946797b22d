import type { Schema } from 'apache-arrow'
import { shortened } from '../shortened.js'
import { describeSchema, type Description, type DescriptionMap } from './describe.js'

/** One thing that is not as it was. */
export interface SchemaDifference {
  /** Such as `fields.title.nullable`. */
  readonly path: string
  /** As text, where it is not a single value; `undefined` where there was nothing. */
  readonly old: string | number | boolean | null | undefined
  readonly next: string | number | boolean | null | undefined
}

/** Of types that share their parts, a single difference may show in more places than can be listed. */
const MOST = 1000

/**
 * In what two schemas differ: names, order, types in depth, nullability and metadata; the first 1,000 differences.
 * Empty where equal.
 */
export function diffSchema(old: Schema, next: Schema): SchemaDifference[] {
  const found: SchemaDifference[] = []
  for (const difference of differences('', describeSchema(old), describeSchema(next), new EqualPairs())) {
    if (found.push(difference) === MOST) break
  }
  return found
}

/** Descriptions that were found equal: what is shared is compared once. */
class EqualPairs {
  readonly #pairs = new Map<DescriptionMap, Set<DescriptionMap>>()

  has(old: DescriptionMap, next: DescriptionMap): boolean {
    return this.#pairs.get(old)?.has(next) === true
  }

  add(old: DescriptionMap, next: DescriptionMap): void {
    this.#pairs.set(old, (this.#pairs.get(old) ?? new Set()).add(next))
  }
}

/** Beyond this many a reader needs the list in the details, not a longer sentence. */
const LISTED = 8

/** Differences, as people read them. */
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

/** Of another type, parameters and children differ as well, and are not listed. */
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
