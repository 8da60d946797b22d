import type { PlanNotes } from './plan.js'
import type { InvariantEntry, Report } from './report/report.js'
import type { QueryLog } from './workload/queries.js'

export interface Findings {
  readonly report: Omit<Report, 'invariants'>
  readonly queries: QueryLog
  readonly notes: PlanNotes
  readonly plugins: PluginFindings
  readonly attachments: { readonly written: number; readonly missing: number }
  /** What the pump saved as checkpoints, per stream, in the order it did. */
  readonly checkpoints: ReadonlyMap<string, readonly bigint[]>
  /** The exclusive end of what was acknowledged. */
  readonly head: bigint
  /** Failures of commits, edits, jobs and the attachment reader. */
  readonly workloadFailures: readonly unknown[]
}

/** What became of the plugin objects that the demo made. */
interface PluginFindings {
  readonly installed: number
  readonly initialized: number
  /** Those whose `init` or `shutdown` was not called as it has to be. */
  readonly unbalanced: readonly string[]
  /** Initialised and not shut down, while the host served and after it was closed. */
  readonly running: number
  readonly runningAfterClose: number
  /** In memory while the host served, after collection. */
  readonly alive: number
}

/** Holds what was found against I1 to I12. */
export function judgeInvariants({
  report,
  queries,
  notes,
  plugins,
  attachments,
  checkpoints,
  head,
  workloadFailures,
}: Findings): InvariantEntry[] {
  const { load, reloads, cdc, index, crdt, state, calls } = report
  const good = reloads.filter(({ fault }) => fault === null)
  const bad = reloads.filter(({ fault }) => fault !== null)
  const lost = [
    ...cdc.map(({ missing }) => missing),
    ...index.map(({ missing }) => missing),
    ...crdt.map(({ editsMissing }) => editsMissing),
    ...state.flatMap(({ missing, cutOff }) => [missing, cutOff]),
    attachments.missing,
  ]
  const doubled = [
    ...cdc.flatMap(({ duplicates, outOfOrder }) => [duplicates, outOfOrder]),
    ...index.map(({ extra }) => extra),
    ...state.flatMap(({ doubled: twice, outOfOrder }) => [twice, outOfOrder]),
  ]
  const mixed = queries.mixed + sum(calls.map((it) => it.mixed))
  const called = sum(calls.map((it) => it.calls))
  const refusedByValue = bad.filter(
    ({ surface, code, asExpected }) =>
      asExpected && (code === 'SCHEMA_INCOMPAT' || (code === 'HANDOFF' && surface === 'index-kind')),
  )
  const timedOut = bad.filter(({ code }) => code === 'STEP_TIMEOUT')
  const dishonest = [...checkpoints].filter(([, lsns]) => !isHonest(lsns, head)).map(([stream]) => stream)
  return [
    entry(
      'I1',
      mixed === 0,
      `${load.queries} leases and ${called} calls checked, ${mixed} saw one old and one new version`,
    ),
    entry(
      'I2',
      load.failedQueries === 0,
      `${load.queries} queries, ${load.failedQueries} failed; slowest capture ` +
        `${queries.slowestCaptureMs.toFixed(2)} ms${firstOf(queries.failures)}`,
    ),
    entry(
      'I3',
      bad.every(({ asExpected }) => asExpected),
      `${bad.length} bad versions tried, ${bad.filter(({ asExpected }) => asExpected).length} turned away with ` +
        'the old version serving',
    ),
    entry(
      'I4',
      sum(lost) + sum(doubled) + workloadFailures.length === 0 &&
        crdt.every(({ replicasConverged }) => replicasConverged),
      `${load.commits} commits, ${load.edits} edits, ${attachments.written} attachments, ` +
        `${state.map((it) => `${it.seenTo} ${it.name}`).join(', ')} read back: ${sum(lost)} missing, ` +
        `${sum(doubled)} doubled or out of order${firstOf(workloadFailures)}`,
    ),
    entry(
      'I5',
      dishonest.length === 0,
      `${sum([...checkpoints.values()].map((lsns) => lsns.length))} checkpoints saved, ` +
        `${dishonest.length === 0 ? 'none' : dishonest.join(', ')} behind the one before or ahead of the log`,
    ),
    entry(
      'I6',
      refusedByValue.length > 0,
      `${refusedByValue.length} versions refused for what they made of the data: ` +
        `${refusedByValue.map(({ plugin, fault }) => `${plugin} ${fault ?? ''}`).join('; ')}`,
    ),
    entry(
      'I7',
      plugins.unbalanced.length === 0 && plugins.running === plugins.installed && plugins.runningAfterClose === 0,
      `${plugins.initialized} plugin objects initialised once each; ${plugins.running} not shut down while ` +
        `${plugins.installed} were installed, ${plugins.runningAfterClose} after the host was ` +
        `closed${plugins.unbalanced.length > 0 ? `; called twice: ${plugins.unbalanced.join(', ')}` : ''}`,
    ),
    entry(
      'I8',
      timedOut.length > 0 && timedOut.every(({ asExpected }) => asExpected),
      `${timedOut.length} hanging versions given up on, after at most ` +
        `${Math.max(0, ...timedOut.map(({ totalMs }) => totalMs)).toFixed(0)} ms`,
    ),
    entry(
      'I9',
      notes.blockers.includes('a long report') && notes.answeredWhileRetired && notes.closedAfterRelease,
      `held by ${notes.blockers.join(', ') || 'nobody'}; the retired index ` +
        `${notes.answeredWhileRetired ? 'answered' : 'did not answer'}, and was ` +
        `${notes.closedAfterRelease ? 'closed after the lease' : 'not closed'}`,
    ),
    entry(
      'I10',
      good.every(({ asExpected, result }) => asExpected && result === 'committed'),
      `${good.length} good versions, each committed and found serving`,
    ),
    entry(
      'I11',
      notes.overtook,
      notes.overtook ? 'geo was committed while a version of fulltext hung' : 'a reload waited for another plugin',
    ),
    entry(
      'I12',
      plugins.alive === plugins.installed,
      `${plugins.alive} of ${plugins.initialized} plugin objects in memory after collection, ` +
        `${plugins.installed} installed`,
    ),
  ]
}

function entry(id: string, held: boolean, evidence: string): InvariantEntry {
  return { id, held, evidence }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function firstOf(failures: readonly unknown[]): string {
  return failures.length > 0 ? `; first failure: ${String(failures[0])}` : ''
}

function isHonest(lsns: readonly bigint[], head: bigint): boolean {
  return lsns.every((lsn, at) => lsn <= head && (at === 0 || lsn >= (lsns[at - 1] as bigint)))
}
