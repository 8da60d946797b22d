import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/example-host', 'apps/fault-matrix', 'apps/releases'],
    // Vitest leaves one core to itself, which is half of a small machine, and uses little of it.
    maxWorkers: '100%',
  },
})
