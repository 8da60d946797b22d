import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { MatrixSummaryReporter } from './apps/fault-matrix/src/summary-reporter.ts'
import { BUILT, MEMORY, project, TESTS } from './vitest.base.ts'
import { NotRunReporter } from './vitest.not-run.ts'
import { LongestFirst } from './vitest.longest-first.ts'

const source = project('source')
const built = project('built')
const memory = project('memory')

const PACKAGES = ['packages/*', 'apps/example-host', 'apps/fault-matrix', 'apps/releases', 'apps/cordis-bridge']

/** The files of each of them that match `pattern`. */
const inEach = (pattern: string): string[] => PACKAGES.map((one) => `${one}/${pattern}`)

// Each package is a project where one is asked for by name. Otherwise all of them are one, which is a tenth cheaper:
// its workers go from package to package with the modules that they have read, and each file is transformed once.
const byName = process.argv.some((argument) => argument.startsWith('--project'))

export default defineConfig({
  test: {
    projects: [
      ...(byName
        ? PACKAGES
        : [
            {
              ...source,
              test: { ...source.test, include: inEach(TESTS), exclude: [BUILT, ...MEMORY].flatMap(inEach) },
            },
          ]),
      {
        ...built,
        test: {
          ...built.test,
          include: inEach(BUILT),
          exclude: [],
          globalSetup: 'vitest.build-packages.ts',
        },
      },
      {
        ...memory,
        test: {
          ...memory.test,
          include: MEMORY.flatMap(inEach),
          exclude: inEach(BUILT),
          isolate: true,
        },
      },
      // Types are checked in one go, as most of it is to read what all packages share.
      {
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            // The test runner begins this when all else has ended, and the compiler that is written in TypeScript uses
            // one core for ten times as long. Declarations are built by that one, so both accept them.
            checker: 'node_modules/typescript-7/bin/tsc',
            include: ['packages/*/test/**/*.test-d.ts'],
            tsconfig: 'tsconfig.types.json',
          },
        },
      },
    ],
    // More than there are cores: many files wait for disks, PostgreSQL and processes that they start.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    reporters: ['default', new MatrixSummaryReporter(), new NotRunReporter()],
    sequence: { sequencer: LongestFirst },
  },
})
