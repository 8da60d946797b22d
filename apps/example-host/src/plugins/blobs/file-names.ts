import { PluginCallError } from '@uni/reload-core'

/** Every file system takes names of 255 bytes. */
const MAX_KEY_BYTES = 120
const SUFFIX = '.blob'

/**
 * The file of a key: its UTF-8 bytes in hexadecimal, which no file system reads as a path or folds the case of, and
 * which sorts as the bytes do.
 *
 * @throws PluginCallError `KEY` for a key that is too long, or that UTF-8 cannot keep.
 */
export function fileOf(key: string): string {
  const bytes = Buffer.from(key)
  if (bytes.byteLength > MAX_KEY_BYTES)
    throw new PluginCallError('KEY', `a key has at most ${MAX_KEY_BYTES} bytes, this one has ${bytes.byteLength}`)
  if (bytes.toString() !== key)
    throw new PluginCallError('KEY', `a key is well-formed text, and ${JSON.stringify(key)} has half a surrogate pair`)
  return `${bytes.toString('hex')}${SUFFIX}`
}

/** The keys that start with `prefix` among the files of a directory, in ascending order of their UTF-8 bytes. */
export function keysAmong(files: readonly string[], prefix: string): string[] {
  const start = Buffer.from(prefix).toString('hex')
  return files
    .filter((file) => file.endsWith(SUFFIX) && file.startsWith(start))
    .sort()
    .map((file) => Buffer.from(file.slice(0, -SUFFIX.length), 'hex').toString())
}
