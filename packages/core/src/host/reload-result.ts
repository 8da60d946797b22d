import type { ResourceMove } from '../dispatch/handoffs.js'
import type { SurfaceKey } from '../dispatch/report.js'
import type { Surface } from '../surface.js'
import type { Outcome } from './operation.js'
import type { PluginVersion } from './plugin-version.js'
import type { FinalReport, ReloadReport, ReloadResult } from './results.js'
import type { ProvidedBy } from './succession.js'

const NOTHING_TO_CLOSE: FinalReport = { status: 'finalized', drainMs: 0, blockers: [], errors: [] }

/** The part of an operation's outcome that is about one plugin. Holds nothing of the old version (I12). */
export function reloadResult(outcome: Outcome, old: PluginVersion): ReloadResult {
  const committed = outcome.finalization !== undefined
  const next = outcome.succession.installed.find(({ id }) => id === old.id)
  return {
    status: committed ? 'committed' : 'dry-run',
    handle: (committed && next ? next : old).handle,
    report: reloadReport(outcome, old),
    finalized: outcome.finalization?.finished ?? Promise.resolve(NOTHING_TO_CLOSE),
    resources: resourceLookup(committed ? outcome.handoffs.results() : []),
  }
}

/** A function of its own: a closure keeps every variable that any closure of its scope mentions, the old version among them. */
function resourceLookup(results: Iterable<readonly [move: ResourceMove, resource: unknown]>): ReloadResult['resources'] {
  const bySurface = new Map<string, Map<string, unknown>>()
  for (const [{ strategy, name }, resource] of results) {
    const { id } = strategy.surface
    bySurface.set(id, (bySurface.get(id) ?? new Map<string, unknown>()).set(name, resource))
  }
  return <P, R, W>(surface: Surface<P, R, W>) => (bySurface.get(surface.id) ?? new Map<string, unknown>()) as ReadonlyMap<string, R>
}

export function keysOf(provided: readonly ProvidedBy[]): SurfaceKey[] {
  return provided.map(({ registration: { surface, key } }) => ({ surface, key }))
}

export function reloadReport(
  { succession, preflight, handoffs, log, environment, unrecorded }: Outcome, old: PluginVersion,
): ReloadReport {
  const next = succession.installed.find(({ id }) => id === old.id)
  const own = handoffs.report.filter(({ surface, key }) => old.registrations.some((it) => it.surface === surface && it.key === key))
  const { blockedMs, blockedBy } = environment.meter.worst
  return {
    plugin: old.id, from: old.version, to: next?.version, totalMs: log.totalMs, phases: { ...log.ms },
    compat: [...preflight.compat.entries, ...handoffs.verdicts].filter(
      ({ plugin }) => plugin === next?.label || plugin === succession.label(old),
    ),
    unneeded: environment.judging.unneeded.map(({ surface, key }) => `${surface} "${key}"`),
    cutover: preflight.toFence.includes(old) ? 'exclusive' : 'overlap',
    added: keysOf(succession.added.filter(({ owner }) => owner === next)),
    removed: keysOf(succession.removed.filter(({ owner }) => owner === old)),
    handoffs: own,
    pauseMs: Math.max(0, ...own.map(({ pauseMs }) => pauseMs)),
    blockedMs, blockedBy,
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    replayedWrites: own.reduce((sum, { replayedWrites }) => sum + replayedWrites, 0),
    closedOrphans: preflight.orphans.filter(({ owner }) => owner === old).map(({ name }) => name),
    forgotten: preflight.forgotten.filter((it) => old.registrations.includes(it)).map(({ surface, key }) => `${surface} "${key}"`),
    ...(unrecorded && { unrecorded }),
  }
}
