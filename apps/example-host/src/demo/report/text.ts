import type { Report } from './report.js'

/** The report, for a terminal. */
export function toText(report: Report): string {
  const { load, latency, reloads, cdc, index, crdt, state, calls, invariants } = report
  return [
    '',
    table(
      ['plugin', 'from → to', 'result', 'total', 'write pause', 'blocked', 'bytes', 'replayed', 'what it was'],
      reloads.map((reload) => [
        reload.plugin,
        `${reload.from} → ${reload.to}`,
        `${reload.asExpected ? '✔' : '✘'} ${reload.result}${reload.code === null ? '' : ` ${reload.code}`}`,
        ms(reload.totalMs),
        ms(reload.pauseMs),
        `${ms(reload.blockedMs)}${reload.blockedBy === null ? '' : ` in ${reload.blockedBy}`}`,
        String(reload.bytes),
        String(reload.replayedWrites),
        reload.fault === null ? 'a good version' : `a version that ${reload.fault}`,
      ]),
    ),
    '',
    `${load.queries} queries, ${load.failedQueries} failed · ${load.commits} commits · ${load.edits} edits`,
    `query latency: p50 ${ms(latency.steadyP50Ms)} steady, ${ms(latency.reloadP50Ms)} during reloads; p99 ` +
      `${ms(latency.steadyP99Ms)} steady, ${ms(latency.reloadP99Ms)} during reloads`,
    ...cdc.map(
      (sink) =>
        `sink ${sink.stream}: ${sink.committed} rows committed, ${sink.missing} missing, ${sink.duplicates} ` +
        `duplicates, ${sink.outOfOrder} out of order`,
    ),
    ...index.map((it) => `index ${it.name}: ${it.documents} documents, ${it.missing} missing, ${it.extra} extra`),
    ...crdt.map(
      (shared) =>
        `document ${shared.name}: ${shared.editsSent} edits, ${shared.editsMissing} missing, replicas ` +
        `${shared.replicasConverged ? 'converged' : 'did not converge'}`,
    ),
    ...state.map(
      (it) =>
        `${it.name}: ${it.seenTo} seen to, ${it.missing} missing, ${it.doubled} doubled, ${it.outOfOrder} out of ` +
        `order, ${it.cutOff} cut off`,
    ),
    ...calls.map((it) => `${it.surface}: ${it.calls} calls, ${it.versions}, ${it.mixed} by more than one version`),
    '',
    ...invariants.map(({ id, held, evidence }) => `${held ? '✔' : '✘'} ${id.padEnd(3)} ${evidence}`),
  ].join('\n')
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
