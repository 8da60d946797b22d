import { describeThrown, ReloadError } from '@uni/reload-core'

/** A reload may have a hundred thousand handoffs: of a list, so many are sent. */
const MAX_LISTED = 200
/** Of what is nested deeper, which only details that a plugin gave can be, a text is sent. */
const MAX_DEPTH = 8

/** What is sent of a value: errors with their messages, long lists cut. Never throws for what a host's events hold. */
export function toJson(value: unknown, depth = 0): unknown {
  if (ReloadError.is(value)) return value.toJSON()
  if (value instanceof Error) return { name: value.name, message: describeThrown(value) }
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? undefined : value
  if (depth === MAX_DEPTH) return describeThrown(value)
  if (Array.isArray(value)) return value.slice(0, MAX_LISTED).map((member) => toJson(member, depth + 1) ?? null)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toJson(member, depth + 1)]))
}
