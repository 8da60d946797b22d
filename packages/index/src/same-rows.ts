import type { RecordBatch } from 'apache-arrow'
import { shortened } from './shortened.js'

// As in `numpy.isclose`: relative for scores, absolute for distances near zero. It allows for a sum of 32-bit floats in
// another order, and for no change of a formula.
const RELATIVE = 1e-6
const ABSOLUTE = 1e-8

/** How many values are compared before the comparison yields. */
const STRIDE = 256

/** How many columns a message names at most. */
const LISTED = 20

/** A comparison that yields now and then. Returns how the two differ, or `undefined`. */
export type RowComparison = Generator<undefined, string | undefined>

/** The values of an answer, row by row. */
export interface RowTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

/** Rows that are read in place, not copied. */
interface Rows {
  readonly columns: readonly string[]
  readonly count: number
  value(row: number, column: number): unknown
}

/**
 * How two answers differ, or `undefined` where they have the same columns, and the same rows in the same order. Whole
 * numbers are compared exactly, as they may be ids in a column of floats; other floats within a relative 1e-6.
 */
export function compareAnswers(old: RecordBatch, next: RecordBatch, redact = false): RowComparison {
  return compareRows(inBatch(old), inBatch(next), redact ? kindAndSize : show)
}

/** {@link compareAnswers} without a pause. */
export function differentRows(old: RecordBatch, next: RecordBatch): string | undefined {
  return inOneGo(compareAnswers(old, next))
}

export function differentTables(old: RowTable, next: RowTable): string | undefined {
  return inOneGo(compareRows(inTable(old), inTable(next), show))
}

export function rowsOf(batch: RecordBatch): RowTable {
  const { columns, count, value } = inBatch(batch)
  return { columns, rows: Array.from({ length: count }, (_, row) => columns.map((_, column) => value(row, column))) }
}

function inBatch(batch: RecordBatch): Rows {
  const columns = batch.schema.fields.map(({ name }) => name)
  return { columns, count: batch.numRows, value: (row, column): unknown => batch.getChildAt(column)?.get(row) }
}

function inTable({ columns, rows }: RowTable): Rows {
  return { columns, count: rows.length, value: (row, column) => rows[row]?.[column] }
}

function inOneGo<T>(work: Iterator<unknown, T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

function* compareRows(old: Rows, next: Rows, tell: (value: unknown) => string): RowComparison {
  const { columns } = old
  if (columns.length !== next.columns.length || columns.some((name, at) => name !== next.columns[at])) {
    return `columns ${listed(columns)} → ${listed(next.columns)}`
  }
  if (old.count !== next.count) return `${old.count} rows → ${next.count} rows`
  for (let row = 0; row < old.count; row += 1) {
    for (const [column, name] of columns.entries()) {
      const was = old.value(row, column)
      const is = next.value(row, column)
      if (!(yield* sameValue(was, is))) {
        return `row ${row}, column ${JSON.stringify(shortened(name))}: ${tell(was)} → ${tell(is)}`
      }
    }
    if (row % STRIDE === 0) yield
  }
  return undefined
}

function* sameValue(a: unknown, b: unknown): Generator<undefined, boolean> {
  if (isSame(a, b)) return true
  // Values of Arrow lists, structs, maps, decimals and binaries are all iterable.
  if (!isIterable(a) || !isIterable(b)) return false
  const left = a[Symbol.iterator]()
  const right = b[Symbol.iterator]()
  for (let at = 1; ; at += 1) {
    const was = left.next()
    const is = right.next()
    if (was.done === true || is.done === true) return was.done === is.done
    if (!isSame(was.value, is.value) && !(yield* sameValue(was.value, is.value))) return false
    if (at % STRIDE === 0) yield
  }
}

/** Whether two values are the same without a look inside. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || a === b) return true
  if (typeof a === 'number' && typeof b === 'number') return sameNumber(a, b)
  return a instanceof Date && b instanceof Date && a.getTime() === b.getTime()
}

function sameNumber(a: number, b: number): boolean {
  if (Number.isInteger(a) && Number.isInteger(b)) return false
  return (
    Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.max(Math.abs(a), Math.abs(b)) &&
    Number.isFinite(a) &&
    Number.isFinite(b)
  )
}

function isIterable(value: unknown): value is Iterable<unknown> {
  // Compared by value: an Arrow struct is a proxy whose `in` knows only its fields.
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
  )
}

function listed(columns: readonly string[]): string {
  const names = columns
    .slice(0, LISTED)
    .map((name) => shortened(name))
    .join(', ')
  return columns.length > LISTED ? `${names} and ${columns.length - LISTED} more` : names
}

/** For messages that may reach people who may not read the index. */
function kindAndSize(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return `a string of ${value.length} characters`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value))
  return typeof value === 'bigint' ? `${value}n` : shortened(String(value))
}
