import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { hot } from 'hot-hook'

/**
 * Told what changed by hand, as by its own runner, which costs it less than to watch the file. What it reloads has to
 * be imported by a module that it has loaded.
 */
await hot.init({ root: fileURLToPath(import.meta.url), boundaries: ['./plugin.js'], watch: false })
// It means to be the only one to listen.
process.channel?.ref()
await writeFile(new URL('plugin.js', import.meta.url), 'export {}')
await import('./boundary.js')
