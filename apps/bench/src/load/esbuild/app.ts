import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, context, type BuildOptions } from 'esbuild'
import { pluginOf } from '../code.js'
import { answerRounds } from '../rounds.js'

/**
 * esbuild's own time for a change: what it takes to write the file, and to bundle it with a source map. All of it anew,
 * as a load does; or by what esbuild keeps of the build before; or into files, from which something else would load it.
 */
const FILE = fileURLToPath(new URL('plugin.js', import.meta.url))
const OPTIONS: BuildOptions = {
  entryPoints: [FILE],
  outfile: `${FILE}.cjs`,
  bundle: true,
  write: false,
  format: 'cjs',
  platform: 'node',
  sourcemap: 'external',
  external: ['@uni/reload-core'],
}

const WAYS: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  build: () => Promise.resolve(() => build(OPTIONS)),
  rebuild: async () => {
    const kept = await context(OPTIONS)
    return () => kept.rebuild()
  },
  written: () => Promise.resolve(() => build({ ...OPTIONS, sourcemap: 'linked', write: true })),
}

const way = WAYS[process.argv[2] ?? 'build']
if (way === undefined) throw new Error(`there are the ways ${Object.keys(WAYS).join(', ')}`)
await writeFile(FILE, pluginOf(0))
const bundle = await way()
answerRounds(async (version) => {
  await writeFile(FILE, pluginOf(version))
  await bundle()
})
