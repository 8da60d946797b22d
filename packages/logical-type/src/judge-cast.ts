import type { Vector } from 'apache-arrow'
import { attempt, type Attempt } from './attempt.js'
import { readColumn } from './column.js'
import type { LogicalTypeProvider } from './contract.js'
import { compareValues, type ContractDifference } from './diff.js'
import { displayLiteral, displayValue } from './display.js'
import { samplePath, type SampleEvidence, type TypeEvidence } from './evidence.js'
import { compareDisplay } from './judge-samples.js'
import type { ProviderCalls } from './provider-calls.js'
import { settled } from './settled.js'
import { describeType, type StorageType } from './storage-type.js'
import { contractOf } from './type-contract.js'

/** Converts a column of the version before into the new storage type. */
export type CastFrom = (column: Vector) => Vector

/**
 * Judges the cast of a changed contract: every sample of the old version, cast from the column that the old version
 * stored, has to have the new storage type, keep its nulls, and display as before (`.cast`). So has its literal
 * (`.literal`).
 */
export async function judgeCast(
  { samples }: TypeEvidence,
  next: LogicalTypeProvider,
  castFrom: CastFrom,
  calls: ProviderCalls,
): Promise<ContractDifference[]> {
  const { storage } = contractOf(next)
  const differences: ContractDifference[] = []
  await calls.each('castFrom', samples, (sample) => {
    differences.push(...judgeSample(sample))
  })
  return differences

  function judgeSample({ literal, display, column }: SampleEvidence): ContractDifference[] {
    const path = samplePath(literal)
    const shown: Attempt<string> =
      column === undefined
        ? { throws: 'the old version has no column of it to cast' }
        : displayCast(castFrom, column, storage, next)
    return [
      ...compareDisplay(`${path}.literal`, display, displayLiteral(next, literal)),
      ...compareDisplay(`${path}.cast`, display, shown),
    ]
  }
}

function displayCast(
  castFrom: CastFrom,
  column: Uint8Array,
  storage: StorageType,
  next: LogicalTypeProvider,
): Attempt<string> {
  const cast = attempt(() => {
    const vector = settled(castFrom(readColumn(column)), 'castFrom')
    if (typeof vector !== 'object' || vector === null || typeof vector.get !== 'function')
      throw new TypeError('castFrom returned no Arrow vector')
    const [wrong] = compareValues('storage', storage, describeType(vector.type))
    if (wrong !== undefined)
      throw new TypeError(
        `castFrom returned a column that is not of arrowType: ${wrong.path} is ${String(wrong.new)}, expected ` +
          `${String(wrong.old)}`,
      )
    if (vector.length !== 2) throw new TypeError(`castFrom returned ${vector.length} values for 2`)
    if (vector.get(1) !== null) throw new TypeError('castFrom made a value of a null')
    return vector
  })
  return 'throws' in cast ? cast : displayValue(next, () => cast.value.get(0))
}
