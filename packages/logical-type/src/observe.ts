import { attempt } from './attempt.js'
import { writeColumn } from './column.js'
import type { LogicalTypeProvider } from './contract.js'
import { displayColumn, displayLiteral } from './display.js'
import { samplePath, shownShort, type SampleEvidence, type TypeEvidence, type Unjudged } from './evidence.js'
import { parse } from './parse.js'
import type { ProviderCalls } from './provider-calls.js'
import { RememberedLogicalType } from './remembered-type.js'
import { readSamples } from './samples.js'
import { contractOf, type TypeContract } from './type-contract.js'

/**
 * Observes a version: its contract, and how it parses, displays and stores its samples.
 *
 * @throws TypeError where its contract is malformed.
 */
export async function observe(
  provider: LogicalTypeProvider,
  sampleLimit: number,
  calls: ProviderCalls,
): Promise<TypeEvidence> {
  if (provider instanceof RememberedLogicalType) return provider.evidence
  const contract = await calls.call('old contract', () => contractOf(provider))
  const { literals, unjudged } = await calls.call('samples', () => readSamples(provider, sampleLimit))
  const samples: SampleEvidence[] = []
  await calls.each('display sample', literals, (literal) => {
    const observed = observeSample(provider, contract, literal)
    if (observed.sample !== undefined) samples.push(observed.sample)
    if (observed.unjudged !== undefined) unjudged.push(observed.unjudged)
  })
  return { contract, samples, unjudged }
}

interface Observed {
  readonly sample?: SampleEvidence
  readonly unjudged?: Unjudged
}

function observeSample(provider: LogicalTypeProvider, contract: TypeContract, literal: string): Observed {
  const path = samplePath(literal)
  const shown = displayLiteral(provider, literal)
  if ('throws' in shown) return { unjudged: { path, reason: `the old version fails on it: ${shown.throws}` } }
  const sample = { literal, display: shown.value }
  const withoutColumn = (reason: string): Observed => ({ sample, unjudged: { path: `${path}.column`, reason } })
  const column = attempt(() => writeColumn(contract, parse(provider, literal)))
  if ('throws' in column)
    return withoutColumn(`its value cannot be put into a column of the storage type: ${column.throws}`)
  // Arrow coerces some values that are not of the column's type: if the old version itself displays the stored value in
  // another way, it shows nothing about the new one.
  const reread = displayColumn(provider, column.value)
  if ('throws' in reread)
    return withoutColumn(`the old version fails on its value read back from a column: ${reread.throws}`)
  if (reread.value === sample.display) return { sample: { ...sample, column: column.value } }
  return withoutColumn(`read back from a column, the old version displays its value as ${shownShort(reread.value)}`)
}
