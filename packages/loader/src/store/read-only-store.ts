import { ASYNC_DISPOSE, option } from '@uni/reload-core'
import { Hold } from './hold.js'
import { findFolder } from './open-folder.js'
import { storeError } from './store-error.js'
import { versionName, type StoreLayout } from './store-layout.js'
import { storedVersion, type StoredVersion } from './stored-version.js'
import { VersionFiles, type ListedVersion, type VersionInStore } from './version-files.js'

/**
 * A store that this process does not write to: on a file system that can only be read, or of another's making. What is
 * in it can be started. Nothing is held: where a process that may write collects, it keeps only what it needs itself.
 */
export class ReadOnlyStore implements AsyncDisposable {
  readonly #layout: StoreLayout
  readonly #versions: VersionFiles

  private constructor(layout: StoreLayout) {
    this.#layout = layout
    this.#versions = new VersionFiles(layout)
  }

  /** @throws LoadError `STORE` where there is no store, others may write to it, or it cannot be read. */
  static async open(folder: string): Promise<ReadOnlyStore> {
    option.text(folder, 'ReadOnlyStore folder', this)
    return await reading(`the store in ${folder} cannot be opened`, async () => {
      return new ReadOnlyStore(await findFolder(folder))
    })
  }

  /** Where the store is. */
  get folder(): string {
    return this.#layout.root
  }

  /**
   * Reads a version. `undefined` where there is none.
   *
   * @throws LoadError `STORE` where it is damaged, or cannot be read.
   */
  get(id: string, version: string): Promise<StoredVersion | undefined> {
    const plugin = `${id}@${version}`
    const read = (): VersionInStore | undefined => this.#versions.read(plugin, versionName(id, version))
    return reading(`${plugin} cannot be read from the store`, async () => {
      let found: VersionInStore | undefined
      try {
        found = read()
      } catch {
        // A collection removes the record before the files: what it has removed meanwhile is not there any more.
        found = read()
      }
      return found && storedVersion(this.#layout, found, new Hold(() => {}))
    })
  }

  /** What is in the store, by id and version. Versions whose record is damaged are left out. */
  versions(): Promise<ListedVersion[]> {
    return reading(`the store in ${this.folder} cannot be read`, () => this.#versions.list())
  }

  /** Nothing of it is open. It can be disposed of wherever a store that is written to can be. */
  [ASYNC_DISPOSE](): Promise<void> {
    return Promise.resolve()
  }
}

async function reading<T>(failing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeError(failing, error)
  }
}
