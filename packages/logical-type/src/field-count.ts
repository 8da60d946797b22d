import type { StorageType } from './storage-type.js'

/** The most fields in depth with which a column is made: Arrow makes an array for each, and walks them all. */
export const MAX_FIELDS = 4096

/** The number of fields of `type` in depth; a shared part counts in each of its places. */
export function fieldCount(type: StorageType, counted = new Map<StorageType, number>()): number {
  const known = counted.get(type)
  if (known !== undefined) return known
  let count = 1
  if (type.typeId === 'Dictionary') count += fieldCount(type.indices, counted) + fieldCount(type.dictionary, counted)
  if ('children' in type) for (const child of type.children) count += fieldCount(child.type, counted)
  counted.set(type, count)
  return count
}
