import type { Report } from './report.js'

/** Everything in a report that must not be, a sentence each. Empty: the demo has kept every promise. */
export function brokenPromises({ load, reloads, cdc, index, crdt, state, calls, invariants }: Report): string[] {
  return [
    ...(load.failedQueries > 0 ? [`${load.failedQueries} of ${load.queries} queries failed`] : []),
    ...reloads
      .filter(({ asExpected }) => !asExpected)
      .map(
        (reload) =>
          `${reload.plugin} ${reload.from} → ${reload.to}${reload.fault === null ? '' : ` (${reload.fault})`} ` +
          `was ${reload.result}, code ${reload.code ?? 'none'}, which is not what had to happen`,
      ),
    ...cdc
      .filter((sink) => sink.missing + sink.duplicates + sink.outOfOrder > 0)
      .map(
        (sink) =>
          `sink ${sink.stream}: ${sink.missing} missing, ${sink.duplicates} duplicates, ${sink.outOfOrder} out ` +
          'of order',
      ),
    ...index
      .filter(({ missing, extra }) => missing + extra > 0)
      .map(({ name, missing, extra }) => `index ${name}: ${missing} missing, ${extra} extra`),
    ...crdt
      .filter(({ editsMissing, replicasConverged }) => editsMissing > 0 || !replicasConverged)
      .map(
        ({ name, editsMissing, replicasConverged }) =>
          `document ${name}: ${editsMissing} edits missing, replicas ` +
          `${replicasConverged ? 'converged' : 'did not converge'}`,
      ),
    ...state
      .filter((it) => it.seenTo === 0 || it.missing + it.doubled + it.outOfOrder + it.cutOff > 0)
      .map(
        (it) =>
          `${it.name}: ${it.seenTo} seen to, ${it.missing} missing, ${it.doubled} doubled, ${it.outOfOrder} out ` +
          `of order, ${it.cutOff} cut off`,
      ),
    ...calls
      .filter(({ calls: made, mixed }) => made === 0 || mixed > 0)
      .map(({ surface, calls: made, mixed }) => `${surface}: ${mixed} of ${made} calls by more than one version`),
    ...invariants.filter(({ held }) => !held).map(({ id, evidence }) => `${id}: ${evidence}`),
  ]
}
