import { stat } from 'node:fs/promises'
import { ASYNC_DISPOSE, checkOptions, option, type OptionChecks } from '@uni/reload-core'
import type { FileJournal, NotedProcess } from '@uni/reload-core/node'
import type { PackageFile } from '../archive/package-tree.js'
import { digestOf, hexOf, type Digest } from '../digest.js'
import { LoadError } from '../errors.js'
import { collect, type CollectionReport } from './collection.js'
import { filesIn } from './files-in.js'
import { Hold } from './hold.js'
import { addJournal, namedByJournals } from './journal-roots.js'
import { discardDrafts, prepareObjects, publishObjects, readObject } from './objects.js'
import { openFolder } from './open-folder.js'
import { draftPackage, isIntact, publishPackage, type StoredPackage } from './packages.js'
import { heldBySessions, Session, sweep, type Gone } from './session.js'
import { storeError, unlessMissing } from './store-error.js'
import { versionName, type StoreLayout } from './store-layout.js'
import { StoreLock } from './store-lock.js'
import { VersionFiles, type VersionInStore } from './version-files.js'
import type { VersionNotes, VersionRecord } from './version-record.js'

/** Before the first version or package that a store is given, and then before each one after so many, it collects. */
const COLLECT_AFTER = 16
const LOCK_MS = 30_000
/** Hexadecimal digits of the digest that tells one build of a version from another. */
const BUILD_DIGITS = 16

export interface PluginStoreOptions {
  /**
   * The journal of the host: a version that a crash would come back on stays in the store. `'none'` where the host
   * has none, and starts its plugins from their sources.
   */
  readonly journal: Pick<FileJournal, 'file'> | 'none'
  /**
   * Whether a process that has the store open has ended, where this cannot be seen from here: one of another machine,
   * or of a container that is gone. What it holds is then no longer kept. Default: it may be running.
   */
  readonly gone?: ((holder: NotedProcess) => boolean) | undefined
  /** How long to wait for another process that has the store locked, in milliseconds. Default: 30 s. */
  readonly lockMs?: number | undefined
  /**
   * Told why a collection that the store began by itself has failed, or a version that was let go of stays held until
   * the process ends: nothing is lost by either but room. Default: a warning of the process.
   */
  readonly onUncollected?: ((error: unknown) => void) | undefined
}

/** What is put into a store. */
export interface NewVersion {
  readonly id: string
  /** A semantic version. */
  readonly version: string
  /** What is evaluated when the version is started. */
  readonly code: string | Uint8Array
  /** Its source map. */
  readonly map?: string | Uint8Array | undefined
  /** The digest of the archive that it was built from, where it was: that package stays in the store with it. */
  readonly package?: Digest | undefined
  /** JSON, whatever is to be known of it when it is started again. */
  readonly notes: VersionNotes
  /**
   * What becomes of a version that is in use, or that a crash comes back on, and has other code: `'refuse'`, the
   * default; or `'add-build'`, which stores this one as another build of the version, such as `1.4.0+build.0a1b…`.
   */
  readonly taken?: 'refuse' | 'add-build' | undefined
}

/** A version in a store, read into memory and compared with what was put there. */
export interface StoredVersion {
  readonly id: string
  readonly version: string
  /** Of `code`. */
  readonly digest: Digest
  readonly code: Buffer
  readonly map: Buffer | undefined
  /** Where the code is. What is to run is `code`: what is in a file may have changed since it was compared. */
  readonly file: string
  readonly package: { readonly digest: Digest; readonly folder: string } | undefined
  readonly notes: VersionNotes
  /** Keeps it in the store. */
  readonly hold: Hold
}

const OPTIONS: OptionChecks<PluginStoreOptions> = {
  journal: option.required((value, path) => {
    if (value === 'none') return value
    if (typeof value === 'object' && value !== null && 'file' in value && typeof value.file === 'string') {
      return { file: value.file }
    }
    throw new TypeError(`${path}: expected a FileJournal or 'none'`)
  }),
  gone: option.function,
  lockMs: option.from(0),
  onUncollected: option.function,
}

/**
 * The code of plugins, in files that are named by what is in them and never change: a version is there whole or not at
 * all, wherever a process or the machine stops, and is compared with its digest each time that it is read. Several
 * processes may have a store open.
 */
export class PluginStore implements AsyncDisposable {
  readonly #layout: StoreLayout
  readonly #session: Session
  readonly #versions: VersionFiles
  readonly #lock: StoreLock
  readonly #gone: Gone
  readonly #onUncollected: (error: unknown) => void
  readonly #busy = new Set<Promise<unknown>>()
  /** Holds that are being given up: whoever asks what is held waits for them. */
  readonly #lettingGo = new Set<Promise<void>>()
  #putSince = COLLECT_AFTER
  #closed = false

  private constructor(layout: StoreLayout, session: Session, options: PluginStoreOptions) {
    this.#layout = layout
    this.#session = session
    this.#versions = new VersionFiles(layout, session)
    this.#gone = options.gone ?? (() => false)
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
    const options = checkOptions(given, 'PluginStore options', OPTIONS)
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
          const record = await this.#place(wanted, taken)
          const hold = await this.#hold(versionName(id, record.version))
          try {
            await this.#checkPackage(record)
            await publishObjects(this.#layout, this.#session, objects)
            await this.#versions.publish(record)
          } catch (error) {
            await hold.letGo()
            throw error
          }
          return { record, hold }
        })
        .finally(() => discardDrafts(objects))
      return this.#stored(record, code, map, hold)
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
      const holding = this.#hold(name)
      // Both take equally long, so they are done at once; then what was read is looked for once more.
      const early = this.#versions.readEarly(name)
      const hold = await holding
      let found: VersionInStore | undefined
      try {
        // Collections that have not seen the hold are over then. All later ones see it.
        await this.#lock.settled()
        found =
          early !== undefined && this.#versions.textOf(name) === early.text ? early : this.#versions.read(plugin, name)
        return found && this.#stored(found.record, found.code, found.map, hold)
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
      const hold = await this.#lock.run(() => this.#hold(hexOf(digest)))
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
  versions(): Promise<{ readonly id: string; readonly version: string; readonly digest: Digest }[]> {
    return this.#do(`the store in ${this.folder} cannot be read`, async () => {
      const names = await filesIn(this.#layout.versions)
      const records = names.map((name) => this.#versions.recordOf(name))
      return records
        .flatMap((record) => {
          return typeof record === 'object' ? [{ id: record.id, version: record.version, digest: record.code }] : []
        })
        .toSorted((one, other) => compare(one.id, other.id) || compare(one.version, other.version))
    })
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
    await Promise.allSettled([...this.#busy, ...this.#lettingGo])
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
    await Promise.allSettled(this.#lettingGo)
    return await collect(this.#layout, this.#lock, this.#gone)
  }

  /**
   * To be called with the lock: under which version the code is stored. @throws LoadError `STORE` where it is taken.
   */
  async #place(wanted: VersionRecord, taken: 'refuse' | 'add-build'): Promise<VersionRecord> {
    const { id, version, code } = wanted
    const name = versionName(id, version)
    const there = this.#versions.recordOf(name)
    if (typeof there !== 'object' || there.code === code) return wanted
    await Promise.allSettled(this.#lettingGo)
    const inUse = await heldBySessions(this.#layout, this.#gone)
    if (!inUse.has(name) && !(await namedByJournals(this.#layout)).has(name)) return wanted
    // Of a package that was bundled anew, as after an update of esbuild, both are builds of the same.
    const isRebuilt = wanted.package !== undefined && there.package === wanted.package
    if (taken === 'add-build' || isRebuilt) return { ...wanted, version: buildOf(version, code) }
    throw new LoadError('STORE', `${version} is in use with other code`, {
      plugin: `${id}@${version}`,
      hint: 'Give what was changed another version: after a crash, nobody could tell the two apart.',
    })
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
  async #hold(name: string): Promise<Hold> {
    const hold = await this.#session.hold(name)
    return new Hold(() => {
      const gone = this.#session
        .letGo(hold)
        .catch((error: unknown) => {
          this.#onUncollected(storeError(`what is held in the store in ${this.folder} cannot be let go of`, error))
        })
        .finally(() => this.#lettingGo.delete(gone))
      this.#lettingGo.add(gone)
      return gone
    })
  }

  #stored(record: VersionRecord, code: Buffer, map: Buffer | undefined, hold: Hold): StoredVersion {
    const { id, version, code: digest, package: unpacked, notes } = record
    return {
      id,
      version,
      digest,
      code,
      map,
      file: this.#layout.object(digest, 'cjs'),
      package: unpacked && { digest: unpacked, folder: this.#layout.package(unpacked) },
      notes,
      hold,
    }
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

/** A version of the same precedence (https://semver.org, 10.): build metadata says which build of it this is. */
function buildOf(version: string, code: Digest): string {
  return `${version}${version.includes('+') ? '.' : '+'}build.${hexOf(code).slice(0, BUILD_DIGITS)}`
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
