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
      // A limit for what never ends; no test is judged by how long it takes.
      testTimeout: 120_000,
      typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    },
  })
}
