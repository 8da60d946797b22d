import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { demo: 'src/demo/main.ts' },
  format: 'esm',
  target: 'node20',
  clean: true,
  sourcemap: true,
  // What the demo runs is what users install: the built packages.
  skipNodeModulesBundle: true,
  noExternal: [],
})
