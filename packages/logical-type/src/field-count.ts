import type { StorageType } from './storage-type.js'

/** Beyond this many fields in depth there is no column of a type: Arrow makes an array for each, and walks them all. */
export const MAX_FIELDS = 4096

/** How many types stand in `type`, itself and what it shares as often as it stands there. */
export function fieldCount(type: StorageType, counted = new Map<StorageType, number>()): number {
  const known = counted.get(type)
  if (known !== undefined) return known
  let count = 1
  if (type.typeId === 'Dictionary') count += fieldCount(type.indices, counted) + fieldCount(type.dictionary, counted)
  if ('children' in type) for (const child of type.children) count += fieldCount(child.type, counted)
  counted.set(type, count)
  return count
}
