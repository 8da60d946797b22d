import type { Digest } from '../digest.js'
import type { Hold } from './hold.js'
import type { StoreLayout } from './store-layout.js'
import type { VersionInStore } from './version-files.js'
import type { VersionNotes } from './version-record.js'

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

export function storedVersion(layout: StoreLayout, { record, code, map }: VersionInStore, hold: Hold): StoredVersion {
  const { id, version, code: digest, package: unpacked, notes } = record
  return {
    id,
    version,
    digest,
    code,
    map,
    file: layout.object(digest, 'cjs'),
    package: unpacked && { digest: unpacked, folder: layout.package(unpacked) },
    notes,
    hold,
  }
}
