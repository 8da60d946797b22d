import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface GoldenFile {
  /** The path below the plugin's directory. */
  readonly name: string
  readonly bytes: Uint8Array
}

const GOLDEN = join(import.meta.dirname, '../../golden')

/** What all versions of a plugin left, as far as it was written down by `golden:write`. */
export async function goldenFiles(plugin: string): Promise<GoldenFile[]> {
  const entries = await readdir(join(GOLDEN, plugin), { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  return await Promise.all(
    files.map(async (file) => ({
      name: file.slice(join(GOLDEN, plugin).length + 1),
      bytes: new Uint8Array(await readFile(file)),
    })),
  )
}
