import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from '@uni/reload-core'
import { storageBackend, type Storage, type StorageBackendProvider } from '@uni/reload-core/surfaces'
import { fileOf, keysAmong } from './file-names.js'
import { DirectoryLock } from './lock.js'

/** Byte values as files of a directory, which one storage at a time owns. */
export function blobsV1(): Plugin {
  return {
    manifest: { id: 'blobs', version: '1.0.0', capabilities: [storageBackend.id] },
    register: (registrar) => {
      registrar.provide(storageBackend, new BlobsV1())
    },
  }
}

class BlobsV1 implements StorageBackendProvider {
  readonly version = '1.0.0'
  readonly scheme = 'file'
  readonly cutover = 'exclusive'

  async open(location: string): Promise<Storage> {
    await mkdir(location, { recursive: true })
    return new PlainFiles(location, await DirectoryLock.take(location))
  }
}

class PlainFiles implements Storage {
  readonly #directory: string
  readonly #lock: DirectoryLock

  constructor(directory: string, lock: DirectoryLock) {
    this.#directory = directory
    this.#lock = lock
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const path = join(this.#directory, fileOf(key))
    try {
      return new Uint8Array(await readFile(path))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return writeFile(join(this.#directory, fileOf(key)), value)
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
