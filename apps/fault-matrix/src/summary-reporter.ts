import type { MatrixSummary } from '@uni/reload-core/testing'
import type { Reporter, TestModule } from 'vitest/node'

declare module 'vitest' {
  interface TaskMeta {
    /** What the fault matrix in a test file consists of. */
    matrix?: MatrixSummary
  }
}

/** Prints what the fault matrices that were run consist of, whichever processes they were run by. */
export class MatrixSummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const summaries = modules.flatMap((module) => module.meta().matrix ?? [])
    summaries.sort((a, b) => a.surface.localeCompare(b.surface))
    if (summaries.length > 0) process.stdout.write(`\n${printed(summaries)}\n`)
  }
}

const number = (of: number): string => of.toLocaleString('en').padStart(8)

/** How many cells there are, for each surface and in total, and how many there would be but for each rule. */
function printed(summaries: readonly MatrixSummary[]): string {
  const total = (of: (summary: MatrixSummary) => number): number =>
    summaries.reduce((sum, summary) => sum + of(summary), 0)
  const excluded = new Map<string, number>()
  for (const summary of summaries)
    for (const [rule, cells] of summary.excluded) excluded.set(rule, (excluded.get(rule) ?? 0) + cells)
  return [
    'fault matrix: cells, and how many of them were reached',
    ...summaries.map(
      ({ surface, cells, reached, steps }) =>
        `${number(cells)} ${number(reached)}  ${surface} (${steps} kinds of steps)`,
    ),
    `${number(total(({ cells }) => cells))} ${number(total(({ reached }) => reached))}  in total`,
    'left out, by rule',
    ...[...excluded].map(([rule, cells]) => `${number(cells)}  ${rule}`),
  ].join('\n')
}
