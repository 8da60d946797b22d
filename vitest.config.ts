import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { MatrixSummaryReporter } from './apps/fault-matrix/src/summary-reporter.ts'
import { BUILT, MEMORY, project } from './vitest.base.ts'
import { LongestFirst } from './vitest.longest-first.ts'

const built = project('built')
const memory = project('memory')

export default defineConfig({
  test: {
    projects: [
      'packages/*',
      'apps/example-host',
      'apps/fault-matrix',
      'apps/releases',
      {
        ...built,
        test: {
          ...built.test,
          include: [`packages/*/${BUILT}`, `apps/example-host/${BUILT}`],
          exclude: [],
          globalSetup: 'vitest.build-packages.ts',
        },
      },
      {
        ...memory,
        test: {
          ...memory.test,
          include: MEMORY.flatMap((files) => [`packages/*/${files}`, `apps/*/${files}`]),
          exclude: [BUILT],
          isolate: true,
          // What is measured is what is left, and no room for the short-lived.
          execArgv: [],
        },
      },
      // Types are checked in one go, as most of it is to read what all packages share.
      {
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, include: ['packages/*/test/**/*.test-d.ts'], tsconfig: 'tsconfig.types.json' },
        },
      },
    ],
    // More than there are cores: many files wait for disks, PostgreSQL and processes that they start.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    reporters: ['default', new MatrixSummaryReporter()],
    sequence: { sequencer: LongestFirst },
  },
})
