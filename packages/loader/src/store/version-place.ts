import { hexOf, type Digest } from '../digest.js'
import { LoadError } from '../errors.js'
import { namedByJournals } from './journal-roots.js'
import { heldBySessions, type Gone } from './session.js'
import { versionName, type StoreLayout } from './store-layout.js'
import type { NewVersion } from './stored-version.js'
import type { VersionFiles } from './version-files.js'
import type { VersionRecord } from './version-record.js'

/** Hexadecimal digits of the digest that tells one build of a version from another. */
const BUILD_DIGITS = 16

/**
 * Finds out under which version code is stored, where another process may have a version of that name.
 */
export class VersionPlaces {
  readonly #layout: StoreLayout
  readonly #versions: VersionFiles
  readonly #gone: Gone

  constructor(layout: StoreLayout, versions: VersionFiles, gone: Gone) {
    this.#layout = layout
    this.#versions = versions
    this.#gone = gone
  }

  /** To be called with the lock. @throws LoadError `STORE` where the version is taken. */
  async of(wanted: VersionRecord, taken: NonNullable<NewVersion['taken']>): Promise<VersionRecord> {
    const { id, version, code } = wanted
    const name = versionName(id, version)
    const there = this.#versions.recordOf(name)
    if (typeof there !== 'object' || there.code === code) return wanted
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
}

/** A version of the same precedence (https://semver.org, 10.): build metadata says which build of it this is. */
function buildOf(version: string, code: Digest): string {
  return `${version}${version.includes('+') ? '.' : '+'}build.${hexOf(code).slice(0, BUILD_DIGITS)}`
}
