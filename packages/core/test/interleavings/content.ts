import { kindOf, STORAGE } from './version-data.js'
import type { ResourceData } from './resource-data.js'

/** I4: what is wrong with the content of a resource, given what its writers were told. */
export function contentBreach(data: ResourceData, entries: readonly number[]): string | undefined {
  return kindOf(data.id) === 'stop-and-copy' ? streamBreach(data, entries) : writesBreach(data, entries)
}

/**
 * Each acknowledged write is there once, in the order they were made unless it is a storage; one that was refused is
 * not there.
 */
function writesBreach(data: ResourceData, entries: readonly number[]): string | undefined {
  const { id } = data
  const found = new Set(entries)
  if (found.size < entries.length) return `has ${entries}, and something twice`
  return setBreach(data, found) ?? (id === STORAGE ? undefined : orderBreach(data, entries))
}

function orderBreach({ id, acknowledged, issued }: ResourceData, entries: readonly number[]): string | undefined {
  // A write that was abandoned may reach the medium of clean resources late.
  const ordered = kindOf(id) === 'clean' ? entries.filter((entry) => acknowledged.has(entry)) : entries
  let last = -1
  for (const entry of ordered) {
    last = issued.indexOf(entry, last + 1)
    if (last === -1) return `has ${entries}, which is out of order`
  }
  return undefined
}

function setBreach({ issued, acknowledged, refused }: ResourceData, found: ReadonlySet<number>): string | undefined {
  const entries = [...found]
  for (const write of acknowledged)
    if (!found.has(write)) return `has ${entries}, without ${write}, which was acknowledged`
  for (const write of found) {
    if (refused.has(write)) return `has ${write}, which was refused`
    if (!issued.includes(write)) return `has ${write}, which nobody wrote`
  }
  return undefined
}

/** Deliveries are numbered from 0 without a gap; the last one may be there before it is acknowledged. */
function streamBreach({ issued, acknowledged }: ResourceData, entries: readonly number[]): string | undefined {
  if (entries.some((delivery, at) => delivery !== at))
    return `has the deliveries ${entries}, which have a gap or come twice`
  if (entries.length < acknowledged.size)
    return `has ${entries.length} deliveries, and ${acknowledged.size} were acknowledged`
  const made = Math.max(-1, ...issued) + 1
  return entries.length > made ? `has ${entries.length} deliveries, and ${made} were made` : undefined
}
