import { defineProject, type UserWorkspaceConfig } from 'vitest/config'

/** What every package's tests share. Workspace packages resolve to their sources, so no build is needed to run a test. */
export function project(name: string): UserWorkspaceConfig {
  return defineProject({
    resolve: { conditions: ['@uni/source'] },
    ssr: { resolve: { conditions: ['@uni/source'] } },
    esbuild: { target: 'node20' },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      // Limits for what never ends: no test is judged by how long it takes, however busy the machine is.
      testTimeout: 900_000,
      hookTimeout: 900_000,
      expect: { poll: { timeout: 900_000 } },
      typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    },
  })
}
