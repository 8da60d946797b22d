import type { HandoffStrategy } from '../../strategy.js'
import { brokenServing } from './broken-serving.js'
import { isBeforeCommit, isEarly, nameOf, stepOf } from './call-site.js'
import { CellList } from './cells.js'
import type { Cell, Strike } from './cell.js'
import { ALL_CIRCUMSTANCES, describe, isPair, POSITIONS, type Circumstances } from './circumstances.js'
import { repetitionOf } from './exclusions.js'
import { FAULT_NAMES } from './fault.js'
import { Deadline } from '../deadline.js'
import { runCell } from './run-cell.js'
import type { StrategySubject } from './subject.js'
import type { SeenCall, Trace } from './trace.js'

/**
 * Finds the calls that can be struck: runs a reload without a fault under each of the circumstances, and makes cells of
 * every call into a plugin. Calls that only a rollback makes are found by reloads that fail.
 *
 * @throws Error where a reload without a fault breaks an invariant: then the subject or the strategy is not sound.
 */
export async function discover<P, R, W>(
  strategy: HandoffStrategy<P, R, W>,
  subject: StrategySubject<P, R, W>,
  deadlineMs: number,
): Promise<CellList> {
  const list = new CellList(subject.tolerates ?? [])
  const run = async (circumstances: Circumstances, more: Partial<Cell> = {}): Promise<Trace> => {
    const cell: Cell = {
      name: describe(circumstances),
      group: '',
      circumstances,
      strikes: [],
      expected: 'as without',
      samples: false,
      ...more,
    }
    const deadline = new Deadline(deadlineMs)
    const { broken, told, trace } = await deadline.within(
      () => runCell(strategy, subject, cell, deadline),
      (what) =>
        new Error(
          `${strategy.surface.id}, ${cell.name}: a reload to find what there is to break has not ended: ${what}`,
        ),
    )
    const found = [...broken, ...told]
    if (cell.strikes.length === 0 && found.length > 0)
      throw new Error(
        `${strategy.surface.id}, ${cell.name}: a reload without any fault is not sound:\n  ${found.join('\n  ')}`,
      )
    return trace
  }
  for (const circumstances of ALL_CIRCUMSTANCES) {
    if (subject.cutover === 'exclusive' && circumstances.cutover === 'overlap') continue
    if (circumstances.course === 'commits') {
      list.misshape(circumstances, circumstances.arrangement === 'one plugin' ? ['only'] : POSITIONS)
      // Nothing is cut over before preflight has ended, so each cutover is tried with one arrangement.
      if (isPair(circumstances)) add(list, circumstances, await run(circumstances, { samples: true }), { early: true })
    }
    const trace = await run(circumstances)
    add(list, circumstances, trace, { early: false })
    list.broken.push(...brokenServing(strategy, subject, circumstances, trace))
    if (circumstances.course === 'commits') await strikeWayBack(list, circumstances, trace, run)
  }
  return list
}

/** Adds cells for the calls of a run: either those up to preflight, or those after it. */
function add(list: CellList, circumstances: Circumstances, trace: Trace, { early }: { early: boolean }): void {
  const struck = [...trace.calls.values()].filter((call) => {
    if (isEarly(call.site) !== early) return false
    const because = repetitionOf(call, circumstances, trace)
    if (because !== undefined) list.exclude(because, FAULT_NAMES.length)
    return because === undefined
  })
  for (const call of struck) list.strike(circumstances, call, early)
  list.abort(
    circumstances,
    struck,
    trace.phases.filter((phase) => isEarly({ phase }) === early),
    early,
  )
}

/**
 * Adds cells for the calls of rollbacks. These depend on the step that fails: one rollback is run for each kind of
 * step, and the calls that were not seen before are added.
 */
async function strikeWayBack(
  list: CellList,
  circumstances: Circumstances,
  { calls }: Trace,
  run: (circumstances: Circumstances, more?: Partial<Cell>) => Promise<Trace>,
): Promise<void> {
  const known = new Set((await run({ ...circumstances, course: 'is aborted at the commit' })).calls.keys())
  for (const { site } of firstOfEachStep(calls.values())) {
    if (!isBeforeCommit(site) || site.byUser || list.toleranceOf(site, 'throws') !== undefined) continue
    const strike: Strike = { site, fault: 'throws' }
    const trace = await run(circumstances, { name: nameOf(site), strikes: [strike], expected: 'fails' })
    for (const [name, call] of trace.calls) {
      if (call.site.phase !== 'rollback' || call.site.byUser || known.has(name)) continue
      known.add(name)
      list.strike(circumstances, call, false, [strike])
    }
  }
}

/** One call of each step, in the middle position: one resource has begun the step, and another has not. */
function firstOfEachStep(seen: Iterable<SeenCall>): Iterable<SeenCall> {
  const steps = new Map<string, SeenCall>()
  for (const call of seen) {
    const step = stepOf(call.site)
    const first = steps.get(step)
    if (first === undefined || (first.site.position !== 'middle' && call.site.position === 'middle'))
      steps.set(step, call)
  }
  return steps.values()
}
