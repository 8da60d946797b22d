import { digestOf, type Digest } from '../digest.js'
import type { StoredPackage } from '../store/packages.js'
import type { PluginStore } from '../store/plugin-store.js'
import { checkIntegrity, type Integrity } from '../trust/integrity.js'
import { readSignature } from '../trust/read-signature.js'
import type { PackageSignature } from '../trust/signature.js'
import type { Trust } from '../trust/trust.js'
import { archiveLimits, type ArchiveLimits } from './limits.js'
import { readArchive } from './read-archive.js'
import { unpack } from './unpack.js'

export interface OpenPackageOptions {
  /** Of the archive. */
  readonly integrity?: Integrity | undefined
  readonly trust?: Trust | undefined
  readonly limits?: ArchiveLimits | undefined
}

/** A packed plugin that was checked, and unpacked into a store. */
export interface OpenedPackage extends StoredPackage {
  /** Of the archive. */
  readonly digest: Digest
  /** What was looked at, where signatures are. */
  readonly signature: PackageSignature | undefined
}

/** Whether a path is that of a packed plugin, by how it ends. */
export function isPacked(path: string): boolean {
  return /\.(?:tgz|tar\.gz)$/i.test(path)
}

/**
 * Reads a packed plugin into memory once, checks it there, and unpacks into the store what was checked.
 *
 * @throws LoadError `NOT_FOUND`, `INTEGRITY`, `SIGNATURE`, `ARCHIVE`, `STORE`: nothing was written then.
 */
export async function openPackage(
  file: string,
  store: PluginStore,
  { integrity, trust, limits: given }: OpenPackageOptions,
): Promise<OpenedPackage> {
  const limits = archiveLimits(given)
  const bytes = await readArchive(file, limits)
  if (integrity !== undefined) checkIntegrity(file, bytes, integrity)
  const digest = digestOf(bytes)
  const signature = trust === undefined ? undefined : await readSignature(file)
  if (signature !== undefined) trust?.check(file, digest, signature)
  else trust?.acceptUnsigned(file, `there is no ${file}.sig`)
  const files = await unpack(file, bytes, limits)
  return { ...(await store.putPackage(digest, files)), signature }
}
