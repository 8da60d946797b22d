import type { ContractDifference } from './diff.js'

/** Beyond this many a reader needs the list in the verdict's details, not a longer sentence. */
const LISTED = 8
const MAX_VALUE_LENGTH = 120

/** The differences path by path, such as `storage.children[0].nullable: true → false`. */
export function listDifferences(differences: readonly ContractDifference[]): string {
  const listed = differences.slice(0, LISTED).map(({ path, old, new: next }) => `${path}: ${textOf(old)} → ${textOf(next)}`)
  if (differences.length > LISTED) listed.push(`and ${differences.length - LISTED} more`)
  return listed.join('; ')
}

function textOf(value: unknown): string {
  if (value === undefined) return 'absent'
  if (typeof value === 'object' && value !== null && 'throws' in value) return `fails: ${String(value.throws)}`
  const text = JSON.stringify(value)
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text
}
