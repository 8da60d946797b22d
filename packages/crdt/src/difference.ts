import { Comparison, NOTHING } from './comparison.js'
import { pathText } from './path.js'
import { inOneGo } from './in-one-go.js'
import { PLAIN, type Wording } from './show.js'

/** Where two values differ first, in words: the place as an expression, and both sides in at most a line each. */
export interface Difference {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** Strings up to this length are shown whole. */
const SHORT = 40
/** How much of two long strings is compared at once. */
const STRIDE = 4096

/**
 * The shallowest place at which two values differ, or `undefined` where they are equal by structure. Yields wherever it
 * may be interrupted.
 *
 * The order of an object's fields, and of a map's or set's entries, does not count; a field that holds `undefined` is
 * not a missing one. `NaN` equals `NaN`, and `-0` equals `0`, as for the keys of a `Map`: encodings such as JSON cannot
 * keep them apart. Cycles are equal where nothing on the way round differs.
 *
 * @throws TypeError where a value holds something that cannot be compared, such as a function.
 */
export function* compare(
  before: unknown,
  after: unknown,
  wording: Wording,
): Generator<undefined, Difference | undefined> {
  const found = yield* new Comparison(wording).first(before, after)
  if (found === undefined) return undefined
  const path = pathText(found.at, wording)
  const show = (side: unknown): string => (side === NOTHING ? 'nothing' : wording.value(side))
  const isText = typeof found.before === 'string' && typeof found.after === 'string'
  if (!isText || (found.before.length <= SHORT && found.after.length <= SHORT)) {
    return { path, before: show(found.before), after: show(found.after) }
  }
  const from = firstDifferentIndex(found.before, found.after)
  return {
    path: `${path} from index ${from}`,
    before: show(found.before.slice(from)),
    after: show(found.after.slice(from)),
  }
}

/** {@link compare}, in one go. */
export function differenceOf(before: unknown, after: unknown): Difference | undefined {
  return inOneGo(compare(before, after, PLAIN))
}

function firstDifferentIndex(before: string, after: string): number {
  let index = 0
  while (before.slice(index, index + STRIDE) === after.slice(index, index + STRIDE)) index += STRIDE
  while (before[index] === after[index]) index += 1
  return index
}
