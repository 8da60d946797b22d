import type { CompatVerdict } from '@uni/reload-core'
import type { LogicalTypeProvider } from './contract.js'
import { compareContracts, type ContractDifference } from './diff.js'
import { listDifferences } from './difference-text.js'
import type { TypeEvidence, Unjudged } from './evidence.js'
import { judgeCast } from './judge-cast.js'
import { judgeSamples } from './judge-samples.js'
import { ownVerdict } from './own-verdict.js'
import type { ProviderCalls } from './provider-calls.js'
import { contractOf } from './type-contract.js'

/** A verdict that goes ahead, with what it could not be based on. `unjudged` is absent where everything was judged. */
export type LogicalTypeVerdict = CompatVerdict & { readonly unjudged?: readonly Unjudged[] }

/** Judges `next` by what was observed of `old`. @throws TypeError where the new contract is malformed. */
export async function judge(evidence: TypeEvidence, old: LogicalTypeProvider, next: LogicalTypeProvider, calls: ProviderCalls): Promise<LogicalTypeVerdict> {
  const changed = compareContracts(evidence.contract, await calls.call('new contract', () => contractOf(next)))
  const own = await ownVerdict(old, next, calls)
  if (own?.level === 'incompatible') return refuseAsToldTo(own, changed)
  if (changed.length > 0) return judgeChange(changed, own, evidence, next, calls)
  const differences = await judgeSamples(evidence, old, next, calls)
  if (differences.length > 0) return refuse(`the samples mean something else: ${listDifferences(differences)}`, differences)
  return goAhead(own ?? { level: 'compatible' }, evidence)
}

async function judgeChange(
  changed: readonly ContractDifference[], own: CompatVerdict | undefined, evidence: TypeEvidence, next: LogicalTypeProvider, calls: ProviderCalls,
): Promise<LogicalTypeVerdict> {
  const change = `the contract changed: ${listDifferences(changed)}`
  if (own === undefined) return refuse(change, changed)
  if (own.level !== 'migrate') return refuse(`${change} (compatCheck says "compatible", which a changed contract is not)`, changed)
  const castFrom = next.castFrom?.bind(next)
  if (castFrom === undefined) return refuse(`${change} (compatCheck says "migrate", but there is no castFrom to carry values over)`, changed)
  if (evidence.samples.length === 0) return refuse(`${change} (compatCheck says "migrate", but the old version has no samples to prove castFrom on)`, changed)
  const failed = await judgeCast(evidence, next, castFrom, calls)
  if (failed.length > 0) return refuse(`${change} (compatCheck says "migrate", but castFrom does not hold: ${listDifferences(failed)})`, [...changed, ...failed])
  return goAhead({ level: 'migrate', reason: `${own.reason} (${listDifferences(changed)})` }, evidence)
}

function refuseAsToldTo(own: CompatVerdict & { level: 'incompatible' }, changed: readonly ContractDifference[]): CompatVerdict {
  return changed.length > 0 ? refuse(`${own.reason}; the contract changed: ${listDifferences(changed)}`, changed) : own
}

function refuse(reason: string, details: readonly ContractDifference[]): CompatVerdict {
  return { level: 'incompatible', reason, details }
}

function goAhead(verdict: CompatVerdict, { unjudged }: TypeEvidence): LogicalTypeVerdict {
  return unjudged.length > 0 ? { ...verdict, unjudged } : verdict
}
