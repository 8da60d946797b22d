import { checkOptions, option } from '../../options.js'
import type { HandoffStrategy } from '../../strategy.js'
import { declareConformance, KIT, type ConformanceCase, type KitOptions } from '../conformance.js'
import { DEADLINE_MS } from '../deadline.js'
import type { Expectation } from '../expectation.js'
import { nameOfBroken, runBrokenServing } from './broken-serving.js'
import type { Cell } from './cell.js'
import { discover } from './discover.js'
import { runCell } from './run-cell.js'
import type { StrategySubject } from './subject.js'

export interface StrategyConformanceOptions<P, R, W> extends KitOptions {
  readonly strategy: HandoffStrategy<P, R, W>
  readonly subject: StrategySubject<P, R, W>
  /** Steps whose tests fail, and are known to, such as `preflight: old handle.close`; or one test, by its key. */
  readonly knownGaps?: readonly string[] | undefined
  /** The same as in every kit, for each cell. */
  readonly deadlineMs?: number | undefined
}

/** What a matrix consists of. The numbers of cells that were run grow as its tests run. */
export interface MatrixSummary {
  /** The surface, and the variant of the subject where it has one. */
  readonly surface: string
  readonly cells: number
  /** How many kinds of steps there are: each has a test. */
  readonly steps: number
  /** For each rule, how many more cells there would be without it. */
  readonly excluded: ReadonlyMap<string, number>
  /** How many cells were run whose fault was struck. */
  readonly reached: number
}

/**
 * The fault matrix of a strategy. It watches a reload to find every call into a plugin, and strikes each with every
 * fault that a call can have: for each cutover, at each position among several resources, and in the rollback, under
 * writes and reads. A version that fails at one of its calls once it serves is got out by a reload, and by the take-
 * back of its bake. After each cell a record that is kept apart from the code under test is compared with I1–I12.
 * Declares one test for each kind of step and circumstances.
 *
 * ```ts
 * await runStrategyConformance({ test, strategy: sessionCacheHandoff(), subject })
 * ```
 *
 * @throws Error where a reload without a fault is not sound.
 */
export async function runStrategyConformance<P, R, W>(
  options: StrategyConformanceOptions<P, R, W>,
): Promise<MatrixSummary> {
  const {
    test,
    strategy,
    subject,
    knownGaps = [],
    deadlineMs = DEADLINE_MS,
  } = checkOptions(options, 'runStrategyConformance options', {
    ...KIT,
    strategy: option.required(option.given),
    subject: option.required(option.given),
  })
  const name = nameOf(strategy, subject)
  const { cells, excluded, broken } = await discover(strategy, subject, deadlineMs)
  const groups = new Map<string, Cell[]>()
  for (const cell of cells) groups.set(cell.group, [...(groups.get(cell.group) ?? []), cell])
  const summary = { surface: name, cells: cells.length + broken.length, steps: groups.size, excluded, reached: 0 }
  const needed = new Set<string>()

  const cases = [...groups].map(([group, members]): ConformanceCase => ({
    key: `${name}, ${group}`,
    rule: 'I1–I12',
    title: `${members.length} cells`,
    async run(expect: Expectation) {
      const failed: string[] = []
      for (const cell of members) {
        expect.begin(cell.name)
        const { reached, broken, told } = await runCell(strategy, subject, cell, expect)
        if (reached) summary.reached += 1
        const outlives = cell.expected === 'outlives'
        if (cell.tolerance !== undefined && (outlives || told.length > 0)) needed.add(cell.tolerance)
        const judged = cell.tolerance === undefined || outlives ? told : []
        const found = [...(reached ? [] : ['the cell was not reached']), ...broken, ...judged]
        if (found.length > 0) failed.push(`${cell.name}\n    ${found.join('\n    ')}`)
      }
      expect.that(
        failed.length === 0,
        `${failed.length} of ${members.length} cells:\n  ${failed.slice(0, MOST_SHOWN).join('\n  ')}`,
      )
    },
  }))
  const gotOut = broken.map((cell): ConformanceCase => ({
    key: `${name}, ${nameOfBroken(cell)}`,
    rule: 'I3, I4',
    title: 'with every acknowledged write',
    async run(expect: Expectation) {
      const found = await runBrokenServing(strategy, subject, cell, expect)
      summary.reached += 1
      expect.that(found.length === 0, found.join('\n  '))
    },
  }))
  declareConformance(
    test,
    [
      ...cases,
      ...gotOut,
      {
        key: `${name}, tolerances`,
        rule: 'I10',
        title: 'each tolerance of the subject is needed',
        needs: cases.map(({ key }) => key),
        run(expect: Expectation) {
          const idle = (subject.tolerates ?? []).filter(({ call }) => !needed.has(call))
          expect.that(
            idle.length === 0,
            `nothing failed to be outlived: ${idle.map(({ call }) => call).join(', ')}. Take it out of tolerates`,
          )
        },
      },
    ],
    {
      kit: 'runStrategyConformance',
      deadlineMs,
      knownGaps: knownGaps.flatMap((gap) => {
        const keys = [...groups.keys()]
          .filter((group) => group.startsWith(`${gap} (`))
          .map((group) => `${name}, ${group}`)
        return keys.length > 0 ? keys : [gap]
      }),
    },
  )
  return summary
}

const MOST_SHOWN = 20

/** How summaries and tests name a matrix. */
function nameOf<P, R, W>(strategy: HandoffStrategy<P, R, W>, { variant }: StrategySubject<P, R, W>): string {
  return variant === undefined ? strategy.surface.id : `${strategy.surface.id} (${variant})`
}
