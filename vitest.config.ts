import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/example-host', 'apps/fault-matrix'],
  },
})
