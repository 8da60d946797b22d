import { defineConfig } from 'tsup'

/** The scripts, of the workspace's sources: what nobody has built yet is written and measured as it is. */
export default defineConfig({
  entry: ['scripts/golden-write.ts', 'scripts/measure-slices.ts'],
  outDir: 'node_modules/.scripts',
  format: 'esm',
  target: 'node20',
  silent: true,
  noExternal: [/^@uni\//],
  esbuildOptions: (options) => {
    options.conditions = ['@uni/source']
  },
})
