import type { ResourceMove } from '../../dispatch/resource-move.js'
import { totalsOf, type CompatEntry, type HandoffTotals, type SurfaceKey } from '../../dispatch/report.js'
import type { HandoffReport } from '../../handoff-report.js'
import type { Pace } from '../../pace.js'
import type { Surface } from '../../surface.js'
import type { Outcome } from './outcome.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { FinalReport, ReloadReport, ReloadResult } from '../report/results.js'
import type { ProvidedBy } from '../plan/succession.js'

const NOTHING_TO_CLOSE: FinalReport = { status: 'finalized', drainMs: 0, blockers: [], errors: [] }

/** What an operation did, grouped by the versions that left. */
interface Told {
  readonly handoffs: Groups<PluginVersion, HandoffReport>
  readonly compat: Groups<PluginVersion, CompatEntry>
  readonly added: Groups<PluginVersion, SurfaceKey>
  readonly removed: Groups<PluginVersion, SurfaceKey>
  readonly orphans: Groups<PluginVersion, string>
  readonly forgotten: Groups<PluginVersion, string>
}

/**
 * Puts together, in slices, one result for each plugin whose version retires, of what the outcome says of it. The
 * results hold nothing of the old versions (I12).
 */
export async function reloadResults(outcome: Outcome): Promise<ReloadResult[]> {
  const olds = outcome.succession.retired
  // An install is reported by nothing that was there before: what it brought is not gone through.
  if (olds.length === 0) return []
  const committed = outcome.finalization !== undefined
  const reports = await reloadReports(outcome, olds)
  const resources = await resourceLookup(committed ? outcome.handoffs.results() : [], outcome.environment.pace)
  return olds.map((old, at): ReloadResult => ({
    status: committed ? 'committed' : 'dry-run',
    handle: (committed ? (outcome.succession.next(old.id) ?? old) : old).handle,
    report: reports[at] as ReloadReport,
    finalized: outcome.finalization?.finished ?? Promise.resolve(NOTHING_TO_CLOSE),
    resources,
  }))
}

async function reloadReports(outcome: Outcome, olds: readonly PluginVersion[]): Promise<ReloadReport[]> {
  const told = await tell(outcome)
  const reports: ReloadReport[] = []
  for (const old of olds) {
    const handoffs = told.handoffs.of(old)
    const own = { handoffs, ...(await totalsOf(handoffs, outcome.environment.pace)) }
    reports.push(reloadReport(outcome, old, told, own))
  }
  return reports
}

function keyOf({ registration: { surface, key } }: ProvidedBy): SurfaceKey {
  return { surface, key }
}

/**
 * A function of its own, as a closure keeps every variable that any closure of its scope mentions: here it would keep
 * the old version.
 */
async function resourceLookup(
  results: Iterable<readonly [move: ResourceMove, resource: unknown]>,
  pace: Pace,
): Promise<ReloadResult['resources']> {
  const bySurface = new Map<string, Map<string, unknown>>()
  for (const [{ strategy, name }, resource] of results) {
    const { id } = strategy.surface
    const byName = bySurface.get(id)
    if (byName === undefined) bySurface.set(id, new Map([[name, resource]]))
    else byName.set(name, resource)
    if (pace.due()) await pace.pause()
  }
  return lookupIn(bySurface)
}

function lookupIn(bySurface: ReadonlyMap<string, ReadonlyMap<string, unknown>>): ReloadResult['resources'] {
  return <P, R, W>(surface: Surface<P, R, W>) =>
    (bySurface.get(surface.id) ?? new Map<string, unknown>()) as ReadonlyMap<string, R>
}

async function tell({ succession, preflight, handoffs, environment: { pace } }: Outcome): Promise<Told> {
  const group = async <T, K, V>(
    items: Iterable<T>,
    of: (item: T) => readonly [K | undefined, V],
  ): Promise<Groups<K, V>> => {
    const groups = new Groups<K, V>()
    for (const item of items) {
      groups.add(...of(item))
      if (pace.due()) await pace.pause()
    }
    return groups
  }
  // Some entries name the version before, some the one after.
  const byLabel = new Map<string | undefined, PluginVersion>()
  for (const old of succession.retired)
    byLabel.set(succession.label(old), old).set(succession.next(old.id)?.label ?? succession.label(old), old)
  return {
    handoffs: await group(handoffs.reports(), (it) => [succession.before(it.surface, it.key)?.owner, it]),
    compat: await group(inTurn(preflight.compat.entries, handoffs.verdicts), (it) => [byLabel.get(it.plugin), it]),
    added: await group(succession.added, (it) => [it.owner, keyOf(it)]),
    removed: await group(succession.removed, (it) => [it.owner, keyOf(it)]),
    orphans: await group(inTurn(preflight.orphans, preflight.released), ([{ name }, owner]) => [owner, name]),
    forgotten: await group(preflight.contracts.forgotten, ({ surface, key }) => [
      succession.before(surface, key)?.owner,
      `${surface} "${key}"`,
    ]),
  }
}

/** One by one: a list of a hundred thousand is not made in one turn of the event loop. */
function* inTurn<T>(...all: readonly Iterable<T>[]): Generator<T> {
  for (const items of all) yield* items
}

function reloadReport(
  { succession, preflight, openings, log, environment, commitErrors, unrecorded }: Outcome,
  old: PluginVersion,
  told: Told,
  own: HandoffTotals & Pick<ReloadReport, 'handoffs'>,
): ReloadReport {
  const next = succession.next(old.id)
  const { blockedMs, blockedBy } = environment.meter.worst
  return {
    plugin: old.id,
    from: old.version,
    to: next?.version,
    totalMs: log.totalMs,
    phases: { ...log.ms },
    compat: told.compat.of(old),
    unneeded: environment.judging.unneeded.map(({ surface, key }) => `${surface} "${key}"`),
    cutover: preflight.fencing.versions.includes(old) ? 'exclusive' : 'overlap',
    added: next === undefined ? [] : told.added.of(next),
    removed: told.removed.of(old),
    ...own,
    blockedMs,
    blockedBy,
    opened: next === undefined ? [] : openings.of(next),
    closedOrphans: told.orphans.of(old),
    forgotten: told.forgotten.of(old),
    commitErrors: commitErrors.filter(({ surface }) => isOn(surface, old) || isOn(surface, next)),
    ...(unrecorded && { unrecorded }),
  }
}

function isOn(surface: string | undefined, version: PluginVersion | undefined): boolean {
  return version?.registrations.some((registration) => registration.surface === surface) === true
}

/** Items grouped by what they are about, in the order in which they were added. */
class Groups<K, V> {
  readonly #groups = new Map<K, V[]>()

  /** @param key `undefined` where the item is about nothing that is asked for. */
  add(key: K | undefined, value: V): void {
    if (key === undefined) return
    const group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, [value])
    else group.push(value)
  }

  /** Not a copy: there may be a hundred thousand. */
  of(key: K): readonly V[] {
    return this.#groups.get(key) ?? []
  }
}
