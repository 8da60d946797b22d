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
  const columns = old.schema.fields.map(({ name }) => name)
  const now = next.schema.fields.map(({ name }) => name)
  if (columns.length !== now.length || columns.some((name, at) => name !== now[at])) {
    return `columns ${columns.join(', ')} → ${now.join(', ')}`
  }
  if (old.numRows !== next.numRows) return `${old.numRows} rows → ${next.numRows} rows`
  for (let row = 0; row < old.numRows; row += 1) {
    for (const [at, name] of columns.entries()) {
      const was: unknown = old.getChildAt(at)?.get(row)
      const is: unknown = next.getChildAt(at)?.get(row)
      if (!sameValue(was, is)) return `row ${row}, column "${name}": ${show(was)} → ${show(is)}`
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
