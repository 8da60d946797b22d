import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/runtimes.ts'],
  format: 'esm',
  target: 'node20',
  clean: true,
  sourcemap: true,
})
