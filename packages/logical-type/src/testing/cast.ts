import type { Vector } from 'apache-arrow'
import { attempt } from '../attempt.js'
import type { LogicalTypeProvider } from '../contract.js'
import { compareValues } from '../diff.js'
import { listDifferences } from '../difference-text.js'
import { displayValue } from '../display.js'
import { settled } from '../settled.js'
import { describeType } from '../storage-type.js'
import { contractOf } from '../type-contract.js'
import { resultOf } from './result-of.js'
import { textOf } from './text-of.js'

/**
 * What is wrong with a cast of `column` into the storage of `provider`; `undefined` where nothing is. Each row has to
 * display as `displays` has it (null where the row is null). The column is cast as a whole, empty, in part, in chunks,
 * and with nulls only.
 */
export function castProblem(
  provider: LogicalTypeProvider,
  castFrom: (column: Vector) => Vector,
  column: Vector,
  displays: readonly (string | null)[],
): string | undefined {
  const last = displays.length - 1
  const parts: [what: string, part: Vector, shown: readonly (string | null)[]][] = [
    ['a whole column', column, displays],
    ['an empty column', column.slice(0, 0), []],
    ['a part of a column', column.slice(1), displays.slice(1)],
    ['a column in two chunks', column.concat(column), [...displays, ...displays]],
    ...(displays[last] === null ? [['a column of nulls', column.slice(last), [null]] as [string, Vector, null[]]] : []),
  ]
  for (const [what, part, shown] of parts) {
    const problem = problemOf(provider, castFrom, part, shown)
    if (problem !== undefined) return `of ${what}: ${problem}`
  }
  return undefined
}

function problemOf(
  provider: LogicalTypeProvider,
  castFrom: (column: Vector) => Vector,
  column: Vector,
  displays: readonly (string | null)[],
): string | undefined {
  const cast = attempt(() => settled(castFrom(column), 'castFrom'))
  if ('throws' in cast) return `it fails: ${cast.throws}`
  const vector: unknown = cast.value
  if (!isVector(vector)) return `it returned no Arrow vector but ${textOf(vector)}`
  const differences = compareValues('storage', contractOf(provider).storage, describeType(vector.type))
  if (differences.length > 0) return `it returned a column of another type: ${listDifferences(differences)}`
  if (vector.length !== displays.length) return `it returned ${vector.length} values for ${displays.length}`
  for (const [row, display] of displays.entries()) {
    if (display === null) {
      if (vector.get(row) !== null) return `it made ${textOf(vector.get(row))} of the null in row ${row}`
      continue
    }
    const shown = displayValue(provider, () => vector.get(row))
    const found = resultOf(shown)
    if (found !== display) return `row ${row} displayed as ${textOf(display)}, and now as ${textOf(found)}`
  }
  return undefined
}

/** By members, as a vector may be of another copy of the library. */
export function isVector(value: unknown): value is Vector {
  return (
    typeof value === 'object' &&
    value !== null &&
    'get' in value &&
    typeof value.get === 'function' &&
    'type' in value &&
    'length' in value
  )
}
