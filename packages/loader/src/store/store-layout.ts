import { hash } from 'node:crypto'
import { join } from 'node:path'
import { hexOf, type Digest } from '../digest.js'

/** How much of a plugin's id and version a file name repeats, for people. The rest is the digest of both. */
const READABLE = 48

/**
 * What lies where below a store's folder.
 *
 * - `format` what it is, and the version of its format.
 * - `lock` a folder with one file, the name of which is the session that has the lock; see `store-lock.ts`.
 * - `sessions/<session>` what one open store holds and is writing; see `session.ts`.
 * - `journals/<digest of the path>` the journals whose versions are kept; see `journal-roots.ts`.
 * - `versions/<name>` what there is to know of `id@version`; see `version-record.ts`.
 * - `objects/<digest>.cjs`, `.map` code and source maps, named after what is in them.
 * - `packages/<digest>` unpacked packages, named after their archives.
 * - `trash` what is being removed.
 */
export class StoreLayout {
  readonly root: string
  readonly format: string
  readonly lock: string
  readonly sessions: string
  readonly journals: string
  readonly versions: string
  readonly objects: string
  readonly packages: string
  readonly trash: string

  /** @param root a real path. */
  constructor(root: string) {
    this.root = root
    this.format = join(root, 'format')
    this.lock = join(root, 'lock')
    this.sessions = join(root, 'sessions')
    this.journals = join(root, 'journals')
    this.versions = join(root, 'versions')
    this.objects = join(root, 'objects')
    this.packages = join(root, 'packages')
    this.trash = join(root, 'trash')
  }

  get folders(): readonly string[] {
    return [this.sessions, this.journals, this.versions, this.objects, this.packages, this.trash]
  }

  version(name: string): string {
    return join(this.versions, name)
  }

  object(digest: Digest, extension: ObjectExtension): string {
    return join(this.objects, `${hexOf(digest)}.${extension}`)
  }

  package(digest: Digest): string {
    return join(this.packages, hexOf(digest))
  }
}

export type ObjectExtension = 'cjs' | 'map'

/**
 * The file name of a version. Ids may hold anything, and may differ in case alone: what tells names apart is a digest
 * (the first 128 bits of SHA-256), and the record says whose it is.
 */
export function versionName(id: string, version: string): string {
  const readable = `${id}@${version}`.replace(/[^\w.@+-]+/g, '_').slice(0, READABLE)
  const digest = hash('sha256', JSON.stringify([id, version]), 'hex').slice(0, 32)
  return `${readable.toLowerCase()}.${digest}`
}
