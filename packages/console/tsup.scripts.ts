import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['scripts/screenshots.ts'],
  outDir: 'node_modules/.scripts',
  format: 'esm',
  target: 'node20',
  skipNodeModulesBundle: true,
  noExternal: ['@uni/reload-console'],
})
