import { show } from './show.js'

/** One step into a value: an index, a field, or a call on a `Map` or `Set`. */
export type Segment = number | string | { readonly call: 'get' | 'has'; readonly key: unknown }

/** A place in a value. Kept as links, and put into words only where something is to be reported. */
export interface Path {
  readonly parent: Path | undefined
  readonly segment: Segment
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** The place as an expression, such as `value.rows[3].get("a")`. */
export function pathText(path: Path | undefined): string {
  const segments: string[] = []
  for (let at = path; at !== undefined; at = at.parent) segments.push(segmentText(at.segment))
  return `value${segments.toReversed().join('')}`
}

/** What is said of a place that holds something nobody can compare. */
export function unreadable(path: Path | undefined, what: string): string {
  return `${pathText(path)} is ${what}, which cannot be compared; value() has to give plain data, or objects with a toJSON()`
}

function segmentText(segment: Segment): string {
  if (typeof segment === 'number') return `[${segment}]`
  if (typeof segment === 'string') return IDENTIFIER.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`
  return `.${segment.call}(${show(segment.key)})`
}
