import { ReloadError } from '../errors.js'
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

const COMPATIBLE: CompatVerdict = { level: 'compatible' }

/** Asks each pair's strategy. A check that throws has not shown compatibility, so it counts as incompatible. */
export async function judge(pairs: readonly JudgedPair[], environment: StepEnvironment, signal?: AbortSignal): Promise<CompatReport> {
  const entries: CompatEntry[] = []
  for (const { strategy, key, old, next, live, plugin } of pairs) {
    const surface = strategy.surface.id
    const step = new Step(environment, { surface, key, ...(plugin !== undefined && { plugin }) })
    const pair: ProviderPair<unknown, unknown> = { key, old, next, live }
    const verdict = await step.run('preflight', { code: 'SCHEMA_INCOMPAT', ...(signal && { signal }) },
      async () => {
        const given = await step.call('checkCompat', () => strategy.checkCompat === undefined ? COMPATIBLE : strategy.checkCompat(pair, step))
        if (!isVerdict(given)) throw new Error('the compatibility check returned something that is not a verdict')
        return given
      })
    entries.push({ surface, key, verdict, ...(plugin !== undefined && { plugin }) })
  }
  return { entries, compatible: entries.every(({ verdict }) => verdict.level !== 'incompatible') }
}

/** @throws ReloadError `SCHEMA_INCOMPAT` that lists every incompatible key. */
export function refuseIncompatible(report: CompatReport): void {
  const refused = report.entries.filter(({ verdict }) => verdict.level === 'incompatible')
  const [first] = refused
  if (first === undefined) return
  const reasons = report.entries.flatMap(({ surface, key, verdict }) => verdict.level === 'incompatible' ? [`${surface} "${key}": ${verdict.reason}`] : [])
  throw new ReloadError('SCHEMA_INCOMPAT', reasons.join('; '), {
    phase: 'preflight', surface: first.surface, key: first.key, step: 'checkCompat', details: refused,
    ...(first.plugin !== undefined && { plugin: first.plugin }),
    hint: 'The old version goes on serving. Keep the contract, or give the new one another key.',
  })
}

function isVerdict(value: unknown): value is CompatVerdict {
  if (typeof value !== 'object' || value === null) return false
  const { level, reason } = value as { level?: unknown; reason?: unknown }
  return level === 'compatible' || ((level === 'migrate' || level === 'incompatible') && typeof reason === 'string')
}
