import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CdcLsn } from '@uni/reload-cdc'
import type { IndexImage, PersistedIndex } from '@uni/reload-index'
import { fileImage } from '@uni/reload-index/node'

/** An image of an index, and the end of what it has of the log. */
export interface SavedImage {
  readonly lsn: CdcLsn
  readonly image: IndexImage
}

/**
 * Whose image it is: the index, and the version of the plugin that wrote it. Another version may not be able to read
 * it.
 */
export interface ImageOwner {
  readonly index: string
  readonly version: string
}

/**
 * The images that a host starts its indexes from: for each index and plugin version the last one. A file gets its name
 * when all of it is on the disk, so that a crash leaves the image before or the new one.
 */
export class IndexImages {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async save(owner: ImageOwner, lsn: CdcLsn, persisted: PersistedIndex): Promise<void> {
    await mkdir(this.#directory, { recursive: true })
    const path = join(this.#directory, `${prefixOf(owner)}${lsn}.image`)
    const temporary = await written(persisted, `${path}.tmp`)
    await synced(temporary)
    await rename(temporary, path)
    await synced(this.#directory)
    // The image before, and what a crash left of one that was being written.
    for (const file of await this.#files()) {
      if (file.startsWith(prefixOf(owner)) && join(this.#directory, file) !== path)
        await rm(join(this.#directory, file), { force: true })
    }
  }

  async load(owner: ImageOwner): Promise<SavedImage | undefined> {
    const [last] = (await this.#all(owner)).toSorted((a, b) => (a.lsn < b.lsn ? 1 : -1))
    return last && { lsn: last.lsn, image: await fileImage(join(this.#directory, last.file)) }
  }

  /** Removes the images of all other versions, which nothing comes back on any more. */
  async keepOnly(owner: ImageOwner): Promise<void> {
    const kept = prefixOf(owner)
    for (const file of await this.#files()) {
      if (file.startsWith(`${owner.index}@`) && !file.startsWith(kept))
        await rm(join(this.#directory, file), { force: true })
    }
  }

  async #all(owner: ImageOwner): Promise<{ readonly file: string; readonly lsn: CdcLsn }[]> {
    const prefix = prefixOf(owner)
    return (await this.#files())
      .filter((file) => file.startsWith(prefix) && file.endsWith('.image'))
      .map((file) => ({ file, lsn: BigInt(file.slice(prefix.length, -'.image'.length)) }))
  }

  async #files(): Promise<string[]> {
    try {
      return await readdir(this.#directory)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
}

function prefixOf({ index, version }: ImageOwner): string {
  return `${index}@${version}-`
}

/** The file that has the image: one that the handle wrote is taken as it is. */
async function written(persisted: PersistedIndex, path: string): Promise<string> {
  if ('file' in persisted) return persisted.file
  await writeFile(path, persisted)
  return path
}

async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
