import { ReloadError } from '../errors.js'
import { isVerdict } from '../is-verdict.js'
import type { MaybePromise } from '../maybe-promise.js'
import type { AnyStrategy, CompatVerdict, LiveSample, ProviderPair, Transition } from '../strategy.js'
import { type CountedVerdict, ACCEPT_HINT, UNJUDGED_HINT, type Judging } from './judging.js'
import type { CompatEntry, CompatReport } from './report.js'
import { Step } from './step.js'
import type { StepEnvironment } from './step-environment.js'

/** A key that is served before and after, with the strategy that judges it. */
export interface JudgedPair {
  readonly strategy: AnyStrategy
  readonly key: string
  readonly old: unknown
  readonly next: unknown
  readonly live: readonly LiveSample<unknown>[]
  /** How many live resources are handed over under the key: those in `live`, and those that cannot be sampled. */
  readonly resources: number
  readonly transition: Transition
  /** The plugin being reloaded, as errors name it. */
  readonly plugin?: string
}

/** A key that is served before and not after, with the strategy that judges its removal. */
export interface JudgedRemoval {
  readonly strategy: AnyStrategy
  readonly key: string
  readonly removed: unknown
  /** The plugin that provided it, as errors name it. */
  readonly plugin?: string
}

/** A key that is served after and not before, with the strategy that judges its coming. */
export interface JudgedAddition {
  readonly strategy: AnyStrategy
  readonly key: string
  readonly added: unknown
  /** The plugin that will provide it, as errors name it. */
  readonly plugin?: string
}

export type Judged = JudgedPair | JudgedAddition | JudgedRemoval

const COMPATIBLE: CompatVerdict = { level: 'compatible' }

/**
 * Asks the strategy of each pair, of each addition and of each removal for its verdict.
 *
 * @throws ReloadError `SCHEMA_INCOMPAT` where a check throws and `STEP_TIMEOUT` where it does not settle in time,
 * unless an operator accepts the key; `ABORTED`.
 */
export async function judge(
  judged: readonly Judged[],
  environment: StepEnvironment,
  signal?: AbortSignal,
): Promise<CompatReport> {
  const entries: CompatEntry[] = []
  for (const one of judged) {
    const { strategy, key, plugin } = one
    const name = checkOf(one)
    const about = { surface: strategy.surface.id, key, step: name, ...(plugin !== undefined && { plugin }) } as const
    const { step: _, ...place } = about
    const found: CountedVerdict[] = []
    const step = new Step(environment, place, { found: (counted) => found.push(counted) })
    const verdict = await step.run('preflight', { code: 'SCHEMA_INCOMPAT', ...(signal && { signal }) }, () =>
      step.judged(name, async () => {
        const given = await verdictOf(one, step)
        if (!isVerdict(given)) throw new Error('the compatibility check returned something that is not a verdict')
        return given
      }),
    )
    entries.push(...[verdict, ...found].map((counted): CompatEntry => ({ ...about, verdict: counted })))
  }
  return compatReport(entries, environment.judging)
}

export function compatReport(entries: readonly CompatEntry[], judging: Judging): CompatReport {
  return { compatible: !entries.some(({ verdict }) => judging.refuses(verdict)), entries }
}

function checkOf(judged: Judged): 'checkCompat' | 'checkAddition' | 'checkRemoval' {
  if ('removed' in judged) return 'checkRemoval'
  return 'added' in judged ? 'checkAddition' : 'checkCompat'
}

function verdictOf(judged: Judged, step: Step): MaybePromise<CompatVerdict> {
  const { strategy, key } = judged
  if ('added' in judged) return strategy.checkAddition?.({ key, provider: judged.added }, step) ?? COMPATIBLE
  if ('removed' in judged) {
    return strategy.checkRemoval === undefined
      ? COMPATIBLE
      : strategy.checkRemoval({ key, provider: judged.removed }, step)
  }
  const { old, next, live, transition } = judged
  const pair: ProviderPair<unknown, unknown> = { key, old, next, live, transition }
  return strategy.checkCompat === undefined ? withoutCheck(judged) : strategy.checkCompat(pair, step)
}

/** @throws ReloadError `SCHEMA_INCOMPAT` that lists every refused key. */
export function refuseIncompatible({ entries, compatible }: CompatReport, judging: Judging): void {
  if (compatible) return
  const refused = entries.filter(({ verdict }) => judging.refuses(verdict))
  const [first] = refused as [CompatEntry]
  const reasons = refused.map(
    ({ surface, key, verdict }) => `${surface} "${key}": ${'reason' in verdict ? verdict.reason : ''}`,
  )
  throw new ReloadError('SCHEMA_INCOMPAT', reasons.join('; '), {
    phase: 'preflight',
    surface: first.surface,
    key: first.key,
    step: first.step,
    details: refused,
    ...(first.plugin !== undefined && { plugin: first.plugin }),
    hint: `The old version goes on serving. ${hintFor(refused)}`,
  })
}

function hintFor(refused: readonly CompatEntry[]): string {
  const incompatible = refused.find(({ verdict }) => verdict.level === 'incompatible')
  if (incompatible === undefined) return UNJUDGED_HINT
  if (incompatible.step === 'checkRemoval')
    return `Go on providing the key, or remove what still names it. ${ACCEPT_HINT}`
  return incompatible.step === 'checkAddition'
    ? `Provide what takes what names the key already, or remove that. ${ACCEPT_HINT}`
    : `Keep the contract, or provide the new meaning under another key. ${ACCEPT_HINT}`
}

/**
 * @throws ReloadError `PROVIDER_NOT_FOUND` where `accept` names a key that is not judged, such as a misspelt one.
 */
export function refuseAstray(judging: Judging, judged: readonly Judged[]): void {
  const [astray] = judging.astray(judged.map(({ strategy, key }) => ({ surface: strategy.surface.id, key })))
  if (astray === undefined) return
  const { surface, key } = astray
  throw new ReloadError('PROVIDER_NOT_FOUND', 'accept names a key that is not judged here', {
    phase: 'preflight',
    surface,
    key,
    hint: 'Check the surface and the key. A key under which nothing was served before is judged by few surfaces.',
  })
}

/**
 * The verdict on a key whose strategy has no `checkCompat`. Without resources, a clean surface has no values to keep.
 */
function withoutCheck({ strategy, resources }: JudgedPair): CompatVerdict {
  if (strategy.discipline === 'clean' && resources === 0) return COMPATIBLE
  return { level: 'unjudged', reason: 'the strategy of this surface has no checkCompat' }
}
