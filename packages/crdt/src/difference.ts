import { Comparison, NOTHING } from './comparison.js'
import { pathText } from './path.js'
import { show } from './show.js'

/** Where two values differ first, in words: the place as an expression, and both sides in at most a line each. */
export interface Difference {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** Strings up to this length are shown whole. */
const SHORT = 40

/**
 * The shallowest place at which two values differ, or `undefined` where they are equal by structure.
 *
 * The order of an object's fields, and of a map's or set's entries, does not count; a field that holds `undefined` is not
 * a missing one. `NaN` equals `NaN`, and `-0` equals `0`, as for the keys of a `Map`: encodings such as JSON cannot keep
 * them apart. Cycles are equal where nothing on the way round differs.
 *
 * @throws TypeError where a value holds something that cannot be compared, such as a function.
 */
export function differenceOf(before: unknown, after: unknown): Difference | undefined {
  const found = new Comparison().first(before, after)
  if (found === undefined) return undefined
  const path = pathText(found.at)
  if (typeof found.before !== 'string' || typeof found.after !== 'string') {
    return { path, before: showSide(found.before), after: showSide(found.after) }
  }
  if (found.before.length <= SHORT && found.after.length <= SHORT) return { path, before: show(found.before), after: show(found.after) }
  const from = firstDifferentIndex(found.before, found.after)
  return { path: `${path} from index ${from}`, before: show(found.before.slice(from)), after: show(found.after.slice(from)) }
}

function showSide(value: unknown): string {
  return value === NOTHING ? 'nothing' : show(value)
}

function firstDifferentIndex(before: string, after: string): number {
  let index = 0
  while (index < before.length && before[index] === after[index]) index += 1
  return index
}
