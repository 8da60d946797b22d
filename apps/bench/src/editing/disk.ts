import type { Extension } from '@hocuspocus/server'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'

/** What a database takes for a store. */
const STORE_MS = 20

/** Documents in files, which outlive a process. */
export class Disk {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async load(name: string): Promise<Uint8Array | undefined> {
    return readFile(join(this.#directory, name)).catch(() => undefined)
  }

  async store(name: string, update: Uint8Array): Promise<void> {
    const path = join(this.#directory, name)
    await writeFile(`${path}.new`, update)
    await rename(`${path}.new`, path)
  }

  /** The edits of each document that is stored, in the order in which they are there. */
  async edits(): Promise<Map<string, string[]>> {
    const names = (await readdir(this.#directory)).filter((name) => !name.endsWith('.new'))
    const read = async (name: string): Promise<[string, string[]]> => {
      const doc = new Doc()
      applyUpdate(doc, (await this.load(name)) as Uint8Array)
      return [name, doc.getText('text').toString().split(';').slice(0, -1)]
    }
    return new Map(await Promise.all(names.map(read)))
  }
}

/** The extension that is replaced: it works with a connection of its own, which `onDestroy` closes. */
export function editing(disk: Disk, failed: () => void): Extension & Required<Pick<Extension, 'onDestroy'>> {
  const connection = { open: true }
  const connected = (): void => {
    if (connection.open) return
    failed()
    throw new Error('the connection to the database is closed')
  }
  return {
    async onLoadDocument({ documentName }) {
      connected()
      return disk.load(documentName)
    },
    async onStoreDocument({ documentName, document }) {
      const update = encodeStateAsUpdate(document)
      await sleep(STORE_MS)
      connected()
      await disk.store(documentName, update)
    },
    async onDestroy() {
      connection.open = false
    },
  }
}
