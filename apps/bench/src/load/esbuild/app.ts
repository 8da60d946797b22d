import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { pluginOf } from '../code.js'
import { answerRounds } from '../rounds.js'

/** esbuild's own time for a change: what it takes to write the file, and to bundle it with a source map. */
const FILE = fileURLToPath(new URL('plugin.js', import.meta.url))

answerRounds(async (version) => {
  await writeFile(FILE, pluginOf(version))
  await build({
    entryPoints: [FILE],
    outfile: `${FILE}.cjs`,
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    sourcemap: 'external',
    external: ['@uni/reload-core'],
  })
})
