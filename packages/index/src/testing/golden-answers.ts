import type { RowTable } from '../same-rows.js'

/**
 * Answers as text that people can read and compare: JSON, one row a line, with values that JSON lacks in the form
 * `{ "bigint": "1" }`.
 */
export function printAnswers(answers: readonly RowTable[]): string {
  const printed = answers.map(({ columns, rows }) => {
    const lines = rows.map((row) => `      ${JSON.stringify(row.map(encode))}`)
    return `  {\n    "columns": ${JSON.stringify(columns)},\n    "rows": [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n    `}]\n  }`
  })
  return `[\n${printed.join(',\n')}\n]\n`
}

/** @throws Error where `printAnswers` has not written the text. */
export function parseAnswers(text: string): RowTable[] {
  const answers: unknown = JSON.parse(text)
  if (!Array.isArray(answers)) throw new Error('golden answers have to be an array')
  return answers.map((answer: { columns?: unknown; rows?: unknown }) => {
    if (!Array.isArray(answer.columns) || !Array.isArray(answer.rows))
      throw new Error('a golden answer has to have columns and rows')
    return { columns: answer.columns as string[], rows: (answer.rows as unknown[][]).map((row) => row.map(decode)) }
  })
}

function encode(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) }
  if (value instanceof Date) return { date: value.getTime() }
  // Values of Arrow lists, structs, maps, decimals and binaries are all iterable.
  if (typeof value === 'object' && typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function')
    return [...(value as Iterable<unknown>)].map(encode)
  if (typeof value === 'object')
    throw new Error(`golden answers cannot have a value such as ${Object.prototype.toString.call(value)}`)
  return value
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode)
  if (typeof value !== 'object' || value === null) return value
  const { bigint, number, date } = value as { bigint?: string; number?: string; date?: number }
  if (bigint !== undefined) return BigInt(bigint)
  if (number !== undefined) return Number(number)
  if (date !== undefined) return new Date(date)
  throw new Error(`golden answers cannot have a value such as ${JSON.stringify(value)}`)
}
