import type { Wording } from './show.js'

/** One step into a value: an index, a field, or a call on a `Map` or `Set`. */
export type Segment = number | string | { readonly call: 'get' | 'has'; readonly key: unknown }

/** A place in a value, as linked steps: it becomes text only where something is reported. */
export interface Path {
  readonly parent: Path | undefined
  readonly segment: Segment
}

/** How many steps of either end of a long path are named. */
const ENDS = 10

/** The place as an expression, such as `value.rows[3].get("a")`. */
export function pathText(path: Path | undefined, wording: Wording): string {
  const segments: Segment[] = []
  for (let at = path; at !== undefined; at = at.parent) segments.push(at.segment)
  const texts = (some: readonly Segment[]): string => some.map((segment) => segmentText(segment, wording)).join('')
  segments.reverse()
  if (segments.length <= 2 * ENDS + 1) return `value${texts(segments)}`
  return `value${texts(segments.slice(0, ENDS))}…(${segments.length - 2 * ENDS} more)…${texts(segments.slice(-ENDS))}`
}

/** The message about a part that cannot be compared. */
export function unreadable(path: Path | undefined, what: string, wording: Wording): string {
  return (
    `${pathText(path, wording)} is ${what}, which cannot be compared; value() has to give plain data, or objects ` +
    'with a toJSON()'
  )
}

function segmentText(segment: Segment, wording: Wording): string {
  if (typeof segment === 'number') return `[${segment}]`
  if (typeof segment === 'string') return wording.field(segment)
  return `.${segment.call}(${wording.key(segment.key)})`
}
