import { fileURLToPath } from 'node:url'
import { defineProject, type UserWorkspaceConfig } from 'vitest/config'
import { localImports } from './vitest.local-imports.ts'

const STEADY_CLOCK = fileURLToPath(new URL('vitest.steady-clock.ts', import.meta.url))

export const TESTS = 'test/**/*.test.ts'

/** Tests of the packages as they are built, which are a project of their own. */
export const BUILT = 'test/**/*.built.test.ts'

/**
 * Tests that look at memory, or at what the collector has done, which are a project of their own: others would be seen.
 */
export const MEMORY = [
  'test/leaks/**/*.test.ts',
  'test/**/leaks.test.ts',
  'test/**/*memory.test.ts',
  'test/**/lease-dropped.test.ts',
]

/**
 * What every package's tests share. Workspace packages resolve to their sources, so no build is needed to run a test.
 */
export function project(name: string): UserWorkspaceConfig {
  return defineProject({
    plugins: [localImports()],
    resolve: { conditions: ['@uni/source'] },
    ssr: { resolve: { conditions: ['@uni/source'] } },
    esbuild: { target: 'node20' },
    test: {
      name,
      include: [TESTS],
      exclude: [BUILT, ...MEMORY],
      // To read all modules anew for each file is a third of what the tests cost.
      isolate: false,
      execArgv: [
        // Each test makes a host and throws it away: with room for the short-lived, the collector has a fifth less to
        // do.
        '--max-semi-space-size=64',
        // There are more workers than cores: a collector of one thread is a twelfth of the whole cheaper.
        '--single-threaded-gc',
        // Most functions run too seldom to pay for code in which all that they call is repeated: the compiler, beside the
        // tests, takes a third less.
        '--max-inlined-bytecode-size-cumulative=300',
        '--max-inlined-bytecode-size=150',
        // Optimized code that calls WebAssembly ends the process of Node 20 now and then ("unreachable code").
        '--no-turbo-inline-js-wasm-calls',
      ],
      setupFiles: [STEADY_CLOCK],
      // Limits for what never ends: no test is judged by how long it takes, however busy the machine is.
      testTimeout: 900_000,
      hookTimeout: 900_000,
      expect: { poll: { timeout: 900_000 } },
    },
  })
}
