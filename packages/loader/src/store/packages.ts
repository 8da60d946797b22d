import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from '@uni/reload-core/node'
import type { PackageFile } from '../archive/package-tree.js'
import type { Digest } from '../digest.js'
import { writeDurably } from './durable-file.js'
import type { Hold } from './hold.js'
import { putAside, type Session } from './session.js'
import { unlessMissing } from './store-error.js'
import type { StoreLayout } from './store-layout.js'

/** An unpacked package in a store. */
export interface StoredPackage {
  /** Of its archive. */
  readonly digest: Digest
  readonly folder: string
  /** Keeps it in the store. */
  readonly hold: Hold
}

const READ_ONLY = 0o444
const EXECUTABLE = 0o555
/** Files that are written at a time. */
const CONCURRENCY = 16

/** Writes the files of a package beside the store, in a folder of its own. */
export async function draftPackage(session: Session, files: ReadonlyMap<string, PackageFile>): Promise<string> {
  const draft = session.draft()
  const folders = new Set([draft])
  for (const path of files.keys()) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) folders.add(join(draft, at))
  }
  for (const folder of [...folders].toSorted()) await mkdir(folder, { mode: 0o700 })
  const left = [...files]
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const [path, { content, executable }] = next
        await writeDurably(join(draft, path), content, executable ? EXECUTABLE : READ_ONLY)
      }
    }),
  )
  for (const folder of folders) await syncDirectory(folder)
  return draft
}

/** To be called with the lock. */
export async function publishPackage(
  layout: StoreLayout,
  draft: string,
  digest: Digest,
  files: ReadonlyMap<string, PackageFile>,
): Promise<void> {
  const folder = layout.package(digest)
  // Another process may have put it there meanwhile.
  if (await isIntact(folder, files)) {
    await putAside(layout, draft)
    return
  }
  await putAside(layout, folder)
  await rename(draft, folder)
  await syncDirectory(layout.packages)
}

/** Whether a folder has these files, with this content, and no others. */
export async function isIntact(folder: string, files: ReadonlyMap<string, PackageFile>): Promise<boolean> {
  const there = await unlessMissing(readdir(folder, { recursive: true, withFileTypes: true }))
  if (there === undefined) return false
  if (there.some((entry) => !entry.isFile() && !entry.isDirectory())) return false
  if (there.filter((entry) => entry.isFile()).length !== files.size) return false
  for (const [path, { content }] of files) {
    const found = await unlessMissing(readFile(join(folder, path)))
    if (found === undefined || !found.equals(content)) return false
  }
  return true
}
