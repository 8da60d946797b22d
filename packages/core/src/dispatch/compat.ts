import { ReloadError } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import type { AnyStrategy, CompatVerdict, LiveSample, ProviderPair } from '../strategy.js'
import type { CompatEntry, CompatReport } from './report.js'
import { Step, type StepEnvironment } from './step.js'

/** A key that is served before and after, with the strategy that judges it. */
export interface JudgedPair {
  readonly strategy: AnyStrategy
  readonly key: string
  readonly old: unknown
  readonly next: unknown
  readonly live: readonly LiveSample<unknown>[]
  /** The plugin being reloaded, as errors name it. */
  readonly plugin?: string
}

/** A key that is served before and not after, with the strategy that judges that. */
export interface JudgedRemoval {
  readonly strategy: AnyStrategy
  readonly key: string
  readonly removed: unknown
  /** The plugin that provided it, as errors name it. */
  readonly plugin?: string
}

const COMPATIBLE: CompatVerdict = { level: 'compatible' }

/** Asks each pair's strategy. A check that throws has not shown compatibility, so it counts as incompatible. */
export async function judge(judged: readonly (JudgedPair | JudgedRemoval)[], environment: StepEnvironment, signal?: AbortSignal): Promise<CompatReport> {
  const entries: CompatEntry[] = []
  for (const one of judged) {
    const { strategy, key, plugin } = one
    const surface = strategy.surface.id
    const name = 'removed' in one ? 'checkRemoval' : 'checkCompat'
    const step = new Step(environment, { surface, key, ...(plugin !== undefined && { plugin }) })
    const verdict = await step.run('preflight', { code: 'SCHEMA_INCOMPAT', ...(signal && { signal }) },
      async () => {
        const given = await step.call(name, () => verdictOf(one, step))
        if (!isVerdict(given)) throw new Error('the compatibility check returned something that is not a verdict')
        return given
      })
    entries.push({ surface, key, step: name, verdict, ...(plugin !== undefined && { plugin }) })
  }
  return { entries, compatible: entries.every(({ verdict }) => verdict.level !== 'incompatible') }
}

function verdictOf(judged: JudgedPair | JudgedRemoval, step: Step): MaybePromise<CompatVerdict> {
  const { strategy, key } = judged
  if ('removed' in judged) return strategy.checkRemoval === undefined ? COMPATIBLE : strategy.checkRemoval({ key, provider: judged.removed }, step)
  const pair: ProviderPair<unknown, unknown> = { key, old: judged.old, next: judged.next, live: judged.live }
  return strategy.checkCompat === undefined ? COMPATIBLE : strategy.checkCompat(pair, step)
}

/** @throws ReloadError `SCHEMA_INCOMPAT` that lists every incompatible key. */
export function refuseIncompatible(report: CompatReport): void {
  const refused = report.entries.filter(({ verdict }) => verdict.level === 'incompatible')
  const [first] = refused
  if (first === undefined) return
  const reasons = report.entries.flatMap(({ surface, key, verdict }) => verdict.level === 'incompatible' ? [`${surface} "${key}": ${verdict.reason}`] : [])
  const hint = first.step === 'checkRemoval' ? 'Go on providing the key, or let go of what still names it.' : 'Keep the contract, or give the new one another key.'
  throw new ReloadError('SCHEMA_INCOMPAT', reasons.join('; '), {
    phase: 'preflight', surface: first.surface, key: first.key, step: first.step, details: refused,
    ...(first.plugin !== undefined && { plugin: first.plugin }),
    hint: `The old version goes on serving. ${hint}`,
  })
}

function isVerdict(value: unknown): value is CompatVerdict {
  if (typeof value !== 'object' || value === null) return false
  const { level, reason } = value as { level?: unknown; reason?: unknown }
  return level === 'compatible' || ((level === 'migrate' || level === 'incompatible') && typeof reason === 'string')
}
