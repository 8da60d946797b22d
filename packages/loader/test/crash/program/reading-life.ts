import { writeSync } from 'node:fs'
import { installFrom, LoadError, PluginStore, ReadOnlyStore } from '@uni/reload-loader'

/** A process that may read a store, and not write to it: says what becomes of it when it opens it in either way. */
// Root may write whatever the mode is.
if (process.geteuid?.() === 0) {
  process.setgid?.(65_534)
  process.setuid?.(65_534)
}
const refused = await PluginStore.open('store', { journal: 'none' }).catch((error: unknown) => error)
if (!LoadError.is(refused)) throw new Error('it was opened, to be written to')
writeSync(1, `${refused.code}: ${refused.message}\n`)
const { plugin } = await installFrom(await ReadOnlyStore.open('store'), 'answering', '1.0.0')
writeSync(1, `answers ${String((plugin as unknown as { answer: unknown }).answer)}\n`)
