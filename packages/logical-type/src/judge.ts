import type { CompatVerdict } from '@uni/reload-core'
import type { CanonicalProblem } from './canonical/form.js'
import { canonicalProblems, unknownReservedNames } from './canonical/problems.js'
import type { LogicalTypeProvider } from './contract.js'
import { compareContracts, type ContractDifference } from './diff.js'
import { listDifferences, listProblems } from './difference-text.js'
import type { TypeEvidence, Unjudged } from './evidence.js'
import { fieldCount, MAX_FIELDS } from './field-count.js'
import { judgeCast } from './judge-cast.js'
import { judgeSamples } from './judge-samples.js'
import { ownVerdict } from './own-verdict.js'
import type { ProviderCalls } from './provider-calls.js'
import { contractOf, type TypeContract } from './type-contract.js'

/** A verdict that lets the reload go ahead. `unjudged` is absent where everything was judged. */
export type LogicalTypeVerdict = CompatVerdict & { readonly unjudged?: readonly Unjudged[] | undefined }

/**
 * Judges `next` by what was observed of `old`.
 *
 * @throws TypeError where the new contract is malformed.
 */
export async function judge(
  evidence: TypeEvidence,
  old: LogicalTypeProvider,
  next: LogicalTypeProvider,
  calls: ProviderCalls,
): Promise<LogicalTypeVerdict> {
  const contract = await calls.call('new contract', () => contractOf(next))
  const changed = compareContracts(evidence.contract, contract)
  const problems = canonicalProblems(contract)
  if (problems.length > 0) return refuseMisnamed(problems, changed)
  const own = await ownVerdict(old, next, calls)
  if (own?.level === 'incompatible') return refuseAsToldTo(own, changed)
  const known = withUnknownNames(evidence, contract)
  if (changed.length > 0) return judgeChange(changed, own, known, next, calls)
  const differences = await judgeSamples(evidence, old, next, calls)
  if (differences.length > 0)
    return refuse(`the samples mean something else: ${listDifferences(differences)}`, differences)
  const compatible = own === undefined || own.level === 'compatible'
  return goAhead(compatible ? knownBySamples(evidence) : own, known)
}

/** Where the contract is unchanged, only samples show whether values mean the same. */
function knownBySamples({ samples }: TypeEvidence): CompatVerdict {
  if (samples.length > 0) return { level: 'compatible' }
  return {
    level: 'unjudged',
    reason:
      'the old version has no samples that it displays itself: only the contract was ' +
      'compared. Give the type samples()',
  }
}

async function judgeChange(
  changed: readonly ContractDifference[],
  own: CompatVerdict | undefined,
  evidence: TypeEvidence,
  next: LogicalTypeProvider,
  calls: ProviderCalls,
): Promise<LogicalTypeVerdict> {
  const change = `the contract changed: ${listDifferences(changed)}`
  if (own === undefined) return refuse(change, changed)
  if (own.level !== 'migrate') {
    return refuse(`${change} (compatCheck says "${own.level}", which a changed contract is not)`, changed)
  }
  const castFrom = next.castFrom?.bind(next)
  if (castFrom === undefined)
    return refuse(`${change} (compatCheck says "migrate", but there is no castFrom to carry values over)`, changed)
  if (evidence.samples.length === 0)
    return refuse(
      `${change} (compatCheck says "migrate", but the old version has no samples to prove castFrom on)`,
      changed,
    )
  const failed = await judgeCast(evidence, next, castFrom, calls)
  if (failed.length > 0)
    return refuse(`${change} (compatCheck says "migrate", but castFrom does not hold: ${listDifferences(failed)})`, [
      ...changed,
      ...failed,
    ])
  return goAhead({ level: 'migrate', reason: `${own.reason} (${listDifferences(changed)})` }, evidence)
}

function refuseMisnamed(problems: readonly CanonicalProblem[], changed: readonly ContractDifference[]): CompatVerdict {
  const change = changed.length > 0 ? `; the contract changed: ${listDifferences(changed)}` : ''
  const reason =
    'it names a canonical Arrow extension type, and is not stored as such a type is: ' +
    `${listProblems(problems)}${change}`
  return { level: 'incompatible', reason, details: [...problems, ...changed] }
}

function withUnknownNames(evidence: TypeEvidence, contract: TypeContract): TypeEvidence {
  const unknown = unknownReservedNames(contract).map((name) => ({
    path: 'name',
    reason: `"${name}" is a name that only Arrow gives, and this package does not know the rules of its storage`,
  }))
  const fields = fieldCount(contract.storage)
  if (fields > MAX_FIELDS) {
    unknown.push({
      path: 'storage',
      reason: `it has ${fields} fields in depth: extension types among more than ${MAX_FIELDS} are not looked for`,
    })
  }
  return { ...evidence, unjudged: [...evidence.unjudged, ...unknown] }
}

function refuseAsToldTo(
  own: CompatVerdict & { level: 'incompatible' },
  changed: readonly ContractDifference[],
): CompatVerdict {
  return changed.length > 0 ? refuse(`${own.reason}; the contract changed: ${listDifferences(changed)}`, changed) : own
}

function refuse(reason: string, details: readonly ContractDifference[]): CompatVerdict {
  return { level: 'incompatible', reason, details }
}

function goAhead(verdict: CompatVerdict, { unjudged }: TypeEvidence): LogicalTypeVerdict {
  return unjudged.length > 0 ? { ...verdict, unjudged } : verdict
}
