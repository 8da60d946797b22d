import type { CanonicalProblem } from './canonical/form.js'
import type { ContractDifference } from './diff.js'
import { fieldCount } from './field-count.js'
import type { StorageType } from './storage-type.js'

/** The most that a sentence names; the verdict's details have all of them. */
const LISTED = 8
const MAX_VALUE_LENGTH = 120
/** A type with more fields is not printed. */
const PRINTED_FIELDS = 64

/** The differences by path, such as `storage.children[0].nullable: true → false`. */
export function listDifferences(differences: readonly ContractDifference[]): string {
  return list(differences, ({ path, old, new: next }) => `${path}: ${textOf(old)} → ${textOf(next)}`)
}

/** The problems by path, such as `storage: expected FixedSizeBinary of 16 bytes, found {"typeId":"Utf8"}`. */
export function listProblems(problems: readonly CanonicalProblem[]): string {
  return list(problems, ({ path, expected, found }) => `${path}: expected ${expected}, found ${textOf(found)}`)
}

function list<T>(items: readonly T[], textOfItem: (item: T) => string): string {
  const listed = items.slice(0, LISTED).map(textOfItem)
  if (items.length > LISTED) listed.push(`and ${items.length - LISTED} more`)
  return listed.join('; ')
}

function textOf(value: unknown): string {
  if (value === undefined) return 'absent'
  if (typeof value === 'object' && value !== null && 'throws' in value)
    return `fails: ${shortened(String(value.throws))}`
  if (typeof value === 'string') return shortened(JSON.stringify(value.slice(0, MAX_VALUE_LENGTH)))
  if (isType(value) && fieldCount(value) > PRINTED_FIELDS) {
    return `a ${value.typeId} of ${fieldCount(value)} fields in depth`
  }
  return shortened(JSON.stringify(value) ?? String(value))
}

function isType(value: unknown): value is StorageType {
  return typeof value === 'object' && value !== null && 'typeId' in value && !('fields' in value)
}

function shortened(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text
}
