import { defineConfig, mergeConfig } from 'vitest/config'
import { project } from './vitest.base.ts'

const base = project('mutation')

/** The tests that judge the mutants: those of one package, named by stryker.config.mjs, without the checks of types. */
export default mergeConfig(
  // Mutants are judged in threads, which take no flags of the engine.
  defineConfig({ ...base, test: { ...base.test, execArgv: [] } }),
  defineConfig({
    test: {
      include: JSON.parse(process.env['MUTATION_TESTS'] ?? '[]') as string[],
      exclude: JSON.parse(process.env['MUTATION_NOT'] ?? '[]') as string[],
      // A mutant that makes a test wait for ever is caught here, which is cheaper than a worker that has to be ended.
      testTimeout: Number(process.env['MUTATION_TEST_MS']),
      typecheck: { enabled: false },
      // Test files that share their modules start sooner; those that would be in each other's way do not.
      isolate: process.env['MUTATION_ISOLATE'] === 'true',
    },
  }),
)
