import { stat } from 'node:fs/promises'
import { ASYNC_DISPOSE, option } from '@uni/reload-core'
import type { PackageFile } from '../archive/package-tree.js'
import { digestOf, hexOf, type Digest } from '../digest.js'
import { LoadError } from '../errors.js'
import { collect, type CollectionReport } from './collection.js'
import { Hold } from './hold.js'
import { addJournal } from './journal-roots.js'
import { discardDrafts, prepareObjects, publishObjects, readObject } from './objects.js'
import { openFolder } from './open-folder.js'
import { draftPackage, isIntact, publishPackage, type StoredPackage } from './packages.js'
import { Session, sweep, type Gone } from './session.js'
import { storeError, unlessMissing } from './store-error.js'
import { versionName, type StoreLayout } from './store-layout.js'
import { StoreLock } from './store-lock.js'
import { checkStoreOptions, type PluginStoreOptions } from './store-options.js'
import { storedVersion, type NewVersion, type StoredVersion } from './stored-version.js'
import { VersionFiles, type ListedVersion, type VersionInStore } from './version-files.js'
import { VersionPlaces } from './version-place.js'
import type { VersionRecord } from './version-record.js'

/** Before the first version or package that a store is given, and then before each one after so many, it collects. */
const COLLECT_AFTER = 16
const LOCK_MS = 30_000

/**
 * The code of plugins, in files that are named by what is in them and never change: a version is there whole or not at
 * all, wherever a process or the machine stops, and is compared with its digest each time that it is read. Several
 * processes may have a store open.
 */
export class PluginStore implements AsyncDisposable {
  readonly #layout: StoreLayout
  readonly #session: Session
  readonly #versions: VersionFiles
  readonly #places: VersionPlaces
  readonly #lock: StoreLock
  readonly #gone: Gone
  readonly #onUncollected: (error: unknown) => void
  readonly #busy = new Set<Promise<unknown>>()
  #putSince = COLLECT_AFTER
  #closed = false

  private constructor(layout: StoreLayout, session: Session, options: PluginStoreOptions) {
    this.#layout = layout
    this.#session = session
    this.#gone = options.gone ?? (() => false)
    this.#versions = new VersionFiles(layout)
    this.#places = new VersionPlaces(layout, this.#versions, this.#gone)
    this.#lock = new StoreLock(layout, session, this.#gone, options.lockMs ?? LOCK_MS)
    this.#onUncollected = options.onUncollected ?? ((error) => process.emitWarning(error as Error))
  }

  /**
   * Opens the store in a folder, or makes one where the folder is empty or not there yet, and removes what a crash has
   * left half done.
   *
   * @throws LoadError `STORE` where something else is there, others may write to it, or it cannot be read or written.
   */
  static async open(folder: string, given: PluginStoreOptions): Promise<PluginStore> {
    option.text(folder, 'PluginStore folder', this)
    const options = checkStoreOptions(given)
    try {
      const layout = await openFolder(folder)
      const store = new PluginStore(layout, await Session.begin(layout), options)
      const { journal } = options
      if (journal !== 'none') await store.#lock.run(() => addJournal(layout, journal.file))
      await sweep(layout, store.#gone)
      return store
    } catch (error) {
      throw storeError(`the store in ${folder} cannot be opened`, error)
    }
  }

  /** Where the store is. */
  get folder(): string {
    return this.#layout.root
  }

  /**
   * Puts a version into the store: it is on the disk when this resolves. What is there already is not written again.
   *
   * @throws LoadError `STORE` where the version is taken by other code, its package is not in the store, or the file
   * system refuses: nothing was put there then.
   */
  put(given: NewVersion): Promise<StoredVersion> {
    return this.#do(`${given.id}@${given.version} cannot be stored`, async () => {
      await this.#makeRoom()
      const code = Buffer.from(given.code)
      const map = given.map === undefined ? undefined : Buffer.from(given.map)
      const objects = await prepareObjects(this.#layout, this.#session, [
        [code, 'cjs'],
        ...(map === undefined ? [] : [[map, 'map'] as const]),
      ])
      const { id, notes, package: unpacked, taken = 'refuse' } = given
      const wanted: VersionRecord = {
        id,
        version: given.version,
        code: digestOf(code),
        ...(map !== undefined && { map: digestOf(map) }),
        ...(unpacked !== undefined && { package: unpacked }),
        notes,
      }
      const { record, hold } = await this.#lock
        .run(async () => {
          const record = await this.#places.of(wanted, taken)
          const hold = this.#hold(versionName(id, record.version))
          try {
            await this.#checkPackage(record)
            await publishObjects(this.#layout, this.#session, objects)
            await this.#versions.publish(record, this.#session)
          } catch (error) {
            await hold.letGo()
            throw error
          }
          return { record, hold }
        })
        .finally(() => discardDrafts(objects))
      return storedVersion(this.#layout, { record, code, map }, hold)
    })
  }

  /**
   * Reads a version, and holds it. `undefined` where there is none.
   *
   * @throws LoadError `STORE` where it is damaged, or cannot be read.
   */
  get(id: string, version: string): Promise<StoredVersion | undefined> {
    const plugin = `${id}@${version}`
    return this.#do(`${plugin} cannot be read from the store`, async () => {
      const name = versionName(id, version)
      const hold = this.#hold(name)
      let found: VersionInStore | undefined
      try {
        // Collections that have not seen the hold are over then. All later ones see it.
        await this.#lock.settled()
        found = this.#versions.read(plugin, name)
        return found && storedVersion(this.#layout, found, hold)
      } finally {
        if (found === undefined) await hold.letGo()
      }
    })
  }

  /**
   * Puts the files of a package into a folder of the store, and holds it until the version that is built from it names
   * it as its `package`.
   *
   * @param digest of the archive that they are from.
   */
  putPackage(digest: Digest, files: ReadonlyMap<string, PackageFile>): Promise<StoredPackage> {
    return this.#do(`the package ${digest} cannot be stored`, async () => {
      await this.#makeRoom()
      const folder = this.#layout.package(digest)
      const hold = await this.#lock.run(() => Promise.resolve(this.#hold(hexOf(digest))))
      if (!(await isIntact(folder, files))) {
        const draft = await draftPackage(this.#session, files)
        await this.#lock.run(() => publishPackage(this.#layout, draft, digest, files))
      }
      return { digest, folder, hold }
    })
  }

  /** Whether there is code of this digest, and it is intact. */
  has(digest: Digest): Promise<boolean> {
    return this.#do(`${digest} cannot be read from the store`, async () => {
      return readObject(this.#layout, digest, 'cjs') !== undefined
    })
  }

  /**
   * What is in the store, whether anybody needs it or not, by id and version. Versions whose record is damaged are left
   * out.
   */
  versions(): Promise<ListedVersion[]> {
    return this.#do(`the store in ${this.folder} cannot be read`, () => this.#versions.list())
  }

  /**
   * Removes the versions that no process holds, and that no journal names as one that a crash comes back on. A store
   * does so by itself before the first version or package that it is given, and then before every 16th.
   *
   * @throws LoadError `STORE` where a journal that was given to a store cannot be read: nothing is removed then.
   */
  collect(): Promise<CollectionReport> {
    return this.#do(`the store in ${this.folder} cannot be collected`, () => this.#collect())
  }

  /** Waits for what is under way, then lets go of everything. */
  async [ASYNC_DISPOSE](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#busy)
    try {
      await this.#session.end(this.#layout)
    } catch (error) {
      throw storeError(`the store in ${this.folder} cannot be closed`, error)
    }
  }

  /** Collects before anything is written: a process that is killed while it writes has made room for that. */
  async #makeRoom(): Promise<void> {
    if (this.#putSince >= COLLECT_AFTER)
      await this.#collect().catch((error: unknown) => {
        this.#onUncollected(storeError(`the store in ${this.folder} cannot be collected`, error))
      })
    this.#putSince += 1
  }

  async #collect(): Promise<CollectionReport> {
    this.#putSince = 0
    return await collect(this.#layout, this.#lock, this.#gone)
  }

  /**
   * To be called with the lock. @throws LoadError `STORE` where the version was built from what a collection has
   * removed.
   */
  async #checkPackage({ id, version, package: unpacked }: VersionRecord): Promise<void> {
    if (unpacked === undefined || (await unlessMissing(stat(this.#layout.package(unpacked)))) !== undefined) return
    throw new LoadError('STORE', `the package ${unpacked} is not in the store any more`, {
      plugin: `${id}@${version}`,
      hint: 'Load it from its archive again: what was registered before is kept only as long as it is installed.',
    })
  }

  /**
   * To be called with the lock, or before waiting for whoever has it: a collection reads the holds, and then removes.
   */
  #hold(name: string): Hold {
    const hold = this.#session.hold(name)
    return new Hold(() => {
      try {
        this.#session.letGo(hold)
      } catch (error) {
        this.#onUncollected(storeError(`what is held in the store in ${this.folder} cannot be let go of`, error))
      }
    })
  }

  async #do<T>(failing: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new LoadError('STORE', `the store in ${this.folder} is closed`, {
        hint: 'Close it when nothing is loaded any more, after the host.',
      })
    }
    const done = work()
    this.#busy.add(done)
    try {
      return await done
    } catch (error) {
      throw storeError(failing, error)
    } finally {
      this.#busy.delete(done)
    }
  }
}
