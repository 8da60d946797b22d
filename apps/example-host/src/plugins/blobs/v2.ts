import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from '@uni/reload-core'
import { storageBackend, type Storage, type StorageBackendProvider } from '@uni/reload-core/surfaces'
import { fileOf, keysAmong } from './file-names.js'
import { DirectoryLock } from './lock.js'

/** The same files, each replaced as a whole: a crash leaves the old value or the new one, never half of one. */
export function blobsV2(): Plugin {
  return {
    manifest: { id: 'blobs', version: '2.0.0', capabilities: [storageBackend.id] },
    register: (registrar) => {
      registrar.provide(storageBackend, new BlobsV2())
    },
  }
}

export class BlobsV2 implements StorageBackendProvider {
  readonly version: string = '2.0.0'
  readonly scheme = 'file'
  readonly cutover = 'exclusive'

  async open(location: string): Promise<Storage> {
    await mkdir(location, { recursive: true })
    const lock = await DirectoryLock.take(location)
    try {
      await removeUnfinished(location)
    } catch (error) {
      await lock.release()
      throw error
    }
    return new ReplacedFiles(location, lock)
  }
}

const UNFINISHED = '.new'

class ReplacedFiles implements Storage {
  readonly #directory: string
  readonly #lock: DirectoryLock
  #writes = 0

  constructor(directory: string, lock: DirectoryLock) {
    this.#directory = directory
    this.#lock = lock
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const file = await openIfThere(join(this.#directory, fileOf(key)))
    if (file === undefined) return undefined
    try {
      return new Uint8Array(await file.readFile())
    } finally {
      await file.close()
    }
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    const path = join(this.#directory, fileOf(key))
    this.#writes += 1
    const unfinished = join(this.#directory, `${this.#writes}${UNFINISHED}`)
    try {
      const file = await open(unfinished, 'w')
      try {
        await file.writeFile(value)
        await file.datasync()
      } finally {
        await file.close()
      }
      await rename(unfinished, path)
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }

  delete(key: string): Promise<void> {
    return rm(join(this.#directory, fileOf(key)), { force: true })
  }

  async *keys(prefix = ''): AsyncGenerator<string> {
    yield* keysAmong(await readdir(this.#directory), prefix)
  }

  close(): Promise<void> {
    return this.#lock.release()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** What a crash left of writes that nobody was told had succeeded. */
async function removeUnfinished(directory: string): Promise<void> {
  for (const file of await readdir(directory))
    if (file.endsWith(UNFINISHED)) await rm(join(directory, file), { force: true })
}
