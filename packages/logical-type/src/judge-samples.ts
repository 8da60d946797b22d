import { attempt, type Attempt } from './attempt.js'
import { readColumn, sameBytes, writeColumn } from './column.js'
import type { LogicalTypeProvider } from './contract.js'
import type { ContractDifference } from './diff.js'
import { displayColumn, displayLiteral, displayValue } from './display.js'
import { samplePath, type SampleEvidence, type TypeEvidence } from './evidence.js'
import { parse } from './parse.js'
import type { ProviderCalls } from './provider-calls.js'

/**
 * Judges a version with an unchanged contract by the old one's samples (I6). Each has to display as before: its
 * literal, parsed by the new version (`.literal`); the value that the old version parsed (`.value`); and the column
 * that the old version stored (`.column`). And the new version has to store it as the old one did (`.stored`).
 */
export async function judgeSamples(
  { contract, samples }: TypeEvidence,
  old: LogicalTypeProvider,
  next: LogicalTypeProvider,
  calls: ProviderCalls,
): Promise<ContractDifference[]> {
  const differences: ContractDifference[] = []
  await calls.each('judge sample', samples, (sample) => {
    differences.push(...judgeSample(sample))
  })
  return differences

  function judgeSample({ literal, display, column }: SampleEvidence): ContractDifference[] {
    const path = samplePath(literal)
    const parsed = displayLiteral(next, literal)
    const found = [
      ...compareDisplay(`${path}.literal`, display, parsed),
      ...compareDisplay(`${path}.value`, display, displayOldValue(literal, display)),
    ]
    if (column === undefined) return found
    found.push(...compareDisplay(`${path}.column`, display, displayColumn(next, column)))
    if ('value' in parsed)
      found.push(
        ...compareStored(
          `${path}.stored`,
          column,
          attempt(() => writeColumn(contract, parse(next, literal))),
        ),
      )
    return found
  }

  function displayOldValue(literal: string, display: string): Attempt<string> {
    const parsed = attempt(() => parse(old, literal))
    // Only a remembered type fails to parse: it has kept the display of the sample and perhaps its column.
    return 'throws' in parsed ? { value: display } : displayValue(next, () => parsed.value)
  }
}

/** `shown` compared with what was displayed before; a failure counts as a difference. */
export function compareDisplay(path: string, display: string, shown: Attempt<string>): ContractDifference[] {
  if ('throws' in shown) return [{ path, old: display, new: shown }]
  return shown.value === display ? [] : [{ path, old: display, new: shown.value }]
}

function compareStored(path: string, column: Uint8Array, stored: Attempt<Uint8Array>): ContractDifference[] {
  if ('throws' in stored) return [{ path, old: storedText(column), new: stored }]
  return sameBytes(column, stored.value) ? [] : [{ path, old: storedText(column), new: storedText(stored.value) }]
}

function storedText(column: Uint8Array): string {
  return String(readColumn(column).get(0))
}
