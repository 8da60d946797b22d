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
    // Vitest leaves one core to itself, which is half of a small machine, and uses little of it.
    maxWorkers: '100%',
    reporters: ['default', new MatrixSummaryReporter()],
    sequence: { sequencer: LongestFirst },
  },
})
