import { Comparison, NOTHING } from './comparison.js'
import { pathText } from './path.js'
import { inOneGo } from './in-one-go.js'
import { PLAIN, type Wording } from './show.js'

/** The first place where two values differ, as an expression, with both sides in at most a line each. */
export interface Difference {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** Strings up to this length are shown as a whole. */
const SHORT = 40
/** How much of two long strings is compared before the comparison yields. */
const STRIDE = 4096

/**
 * The shallowest place at which two values differ, or `undefined` where they are equal by structure. Yields now and
 * then.
 *
 * The order of an object's fields, and of a map's or set's entries, does not count; a field that holds `undefined` is
 * not a missing one. `NaN` equals `NaN`, and `-0` equals `0`, as for the keys of a `Map`: encodings such as JSON cannot
 * tell them apart. Cycles are equal if nothing differs along them.
 *
 * @throws TypeError where a value has a part that cannot be compared, such as a function.
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

/** {@link compare} without a pause. */
export function differenceOf(before: unknown, after: unknown): Difference | undefined {
  return inOneGo(compare(before, after, PLAIN))
}

function firstDifferentIndex(before: string, after: string): number {
  let index = 0
  while (before.slice(index, index + STRIDE) === after.slice(index, index + STRIDE)) index += STRIDE
  while (before[index] === after[index]) index += 1
  return index
}
