import type { RecordBatch } from 'apache-arrow'

// As numpy.isclose does it: relative for scores, absolute for distances near zero. Wide enough for a sum of 32-bit
// floats that is taken in another order, narrower than any change of a formula.
const RELATIVE = 1e-6
const ABSOLUTE = 1e-8

/**
 * In what two answers differ, or `undefined` where they have the same columns, and the same rows in the same order. Whole
 * numbers are compared exactly (they may be ids in a column of floats), other floats within a relative 1e-6.
 */
export function differentRows(old: RecordBatch, next: RecordBatch): string | undefined {
  return differentTables(rowsOf(old), rowsOf(next))
}

/** The values of an answer, row by row. */
export interface RowTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

export function rowsOf(batch: RecordBatch): RowTable {
  const columns = batch.schema.fields.map(({ name }) => name)
  const rows = Array.from({ length: batch.numRows }, (_, row) => columns.map((_, at): unknown => batch.getChildAt(at)?.get(row)))
  return { columns, rows }
}

export function differentTables({ columns, rows }: RowTable, next: RowTable): string | undefined {
  if (columns.length !== next.columns.length || columns.some((name, at) => name !== next.columns[at])) {
    return `columns ${columns.join(', ')} → ${next.columns.join(', ')}`
  }
  if (rows.length !== next.rows.length) return `${rows.length} rows → ${next.rows.length} rows`
  for (const [row, values] of rows.entries()) {
    for (const [at, was] of values.entries()) {
      const is = next.rows[row]?.[at]
      if (!sameValue(was, is)) return `row ${row}, column "${columns[at]}": ${show(was)} → ${show(is)}`
    }
  }
  return undefined
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || a === b) return true
  if (typeof a === 'number' && typeof b === 'number') return sameNumber(a, b)
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  // Lists, structs, maps, decimals and binary values are all iterable, in Arrow's own classes.
  if (!isIterable(a) || !isIterable(b)) return false
  const left = [...a]
  const right = [...b]
  return left.length === right.length && left.every((value, at) => sameValue(value, right[at]))
}

function sameNumber(a: number, b: number): boolean {
  if (Number.isInteger(a) && Number.isInteger(b)) return false
  return Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.max(Math.abs(a), Math.abs(b)) && Number.isFinite(a) && Number.isFinite(b)
}

function isIterable(value: unknown): value is Iterable<unknown> {
  // Asked by value: an Arrow struct is a proxy whose `in` knows only its fields.
  return typeof value === 'object' && value !== null && typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
}

function show(value: unknown): string {
  const text = typeof value === 'bigint' ? `${value}n` : typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
