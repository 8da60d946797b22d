import { rename } from 'node:fs/promises'
import { syncDirectory } from '@uni/reload-core/node'
import type { Digest } from '../digest.js'
import { LoadError } from '../errors.js'
import { writeDurably } from './durable-file.js'
import { filesIn } from './files-in.js'
import { readObject } from './objects.js'
import { readIfThere } from './read-if-there.js'
import type { Session } from './session.js'
import { versionName, type ObjectExtension, type StoreLayout } from './store-layout.js'
import { decodeRecord, encodeRecord, type VersionRecord } from './version-record.js'

/** A version that is in a store. */
export interface ListedVersion {
  readonly id: string
  readonly version: string
  /** The digest of its code. */
  readonly digest: Digest
}

/** A version as its files say. */
export interface VersionInStore {
  readonly record: VersionRecord
  readonly code: Buffer
  readonly map: Buffer | undefined
}

/**
 * The files of the versions in a store: of each a record, and what the record names. A version is called by the name of
 * its record.
 */
export class VersionFiles {
  readonly #layout: StoreLayout

  constructor(layout: StoreLayout) {
    this.#layout = layout
  }

  /** To be called with the lock. The record is on the disk when this resolves. */
  async publish(record: VersionRecord, session: Session): Promise<void> {
    const name = versionName(record.id, record.version)
    const text = encodeRecord(record)
    if (this.textOf(name) === text) return
    const draft = session.draft()
    await writeDurably(draft, text)
    await rename(draft, this.#layout.version(name))
    await syncDirectory(this.#layout.versions)
  }

  /** The record as it is written; `undefined` where there is none. */
  textOf(name: string): string | undefined {
    return readIfThere(this.#layout.version(name))?.toString()
  }

  /** By id and version. Those whose record is damaged are left out. */
  async list(): Promise<ListedVersion[]> {
    const records = (await filesIn(this.#layout.versions)).map((name) => this.recordOf(name))
    return records
      .filter((record) => typeof record === 'object')
      .map(({ id, version, code }) => ({ id, version, digest: code }))
      .toSorted((one, other) => compare(one.id, other.id) || compare(one.version, other.version))
  }

  /** @returns what is wrong with the record, as text, where it is damaged. */
  recordOf(name: string): VersionRecord | string | undefined {
    const text = this.textOf(name)
    return text === undefined ? undefined : decodeRecord(text, name)
  }

  /**
   * Compares what it reads with its digests.
   *
   * @param plugin as errors name it.
   * @throws LoadError `STORE` where the version is damaged.
   */
  read(plugin: string, name: string): VersionInStore | undefined {
    const read = this.#read(name)
    if (typeof read !== 'string') return read
    throw new LoadError('STORE', `it is damaged in the store: ${read}`, {
      plugin,
      hint: 'Nothing of it was run. Load it from its source again: that mends the store.',
    })
  }

  /** @returns what is wrong with the version, as text, where it is damaged. */
  #read(name: string): VersionInStore | string | undefined {
    const text = this.textOf(name)
    if (text === undefined) return undefined
    const record = decodeRecord(text, name)
    if (typeof record === 'string') return record
    const damaged = (digest: Digest, extension: ObjectExtension): string =>
      `${this.#layout.object(digest, extension)} is gone, or not as it was written`
    const code = readObject(this.#layout, record.code, 'cjs')
    if (code === undefined) return damaged(record.code, 'cjs')
    if (record.map === undefined) return { record, code, map: undefined }
    const map = readObject(this.#layout, record.map, 'map')
    return map === undefined ? damaged(record.map, 'map') : { record, code, map }
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
