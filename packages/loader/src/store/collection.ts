import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '@uni/reload-core/node'
import { hexOf } from '../digest.js'
import { filesIn } from './files-in.js'
import { namedByJournals } from './journal-roots.js'
import { heldBySessions, putAside, sweep, type Gone } from './session.js'
import type { StoreLayout } from './store-layout.js'
import type { StoreLock } from './store-lock.js'
import { decodeRecord, partsOf } from './version-record.js'

/** What a collection has done. */
export interface CollectionReport {
  /** How many versions are left: held by a process, or named by a journal as one that a crash comes back on. */
  readonly kept: number
  /** `id@version` of those that were removed; of a record that is damaged, its file name. */
  readonly removed: readonly string[]
  /** Of the files that were removed with them. */
  readonly bytes: number
}

/**
 * Removes what no process holds and no journal names. Versions are removed before their files, and holds are read
 * before journals: a process that makes a version permanent and then ends holds it, or has written it down.
 */
export async function collect(layout: StoreLayout, lock: StoreLock, gone: Gone): Promise<CollectionReport> {
  const removed: string[] = []
  let kept = 0
  let bytes = 0
  await lock.run(async () => {
    const held = await heldBySessions(layout, gone)
    const named = await namedByJournals(layout)
    const doomed: string[] = []
    const parts = new Set(held)
    for (const name of await filesIn(layout.versions)) {
      const record = decodeRecord(await readFile(layout.version(name), 'utf8'), name)
      if (held.has(name) || named.has(name)) {
        kept += 1
        if (typeof record === 'object') for (const digest of partsOf(record)) parts.add(hexOf(digest))
      } else {
        doomed.push(name)
        removed.push(typeof record === 'object' ? `${record.id}@${record.version}` : name)
      }
    }
    for (const name of doomed) await rm(layout.version(name))
    if (doomed.length > 0) await syncDirectory(layout.versions)
    for (const name of await filesIn(layout.objects)) {
      if (parts.has(name.replace(/\.\w+$/, ''))) continue
      const file = join(layout.objects, name)
      bytes += (await stat(file)).size
      await rm(file)
    }
    for (const name of await readdir(layout.packages)) {
      if (!parts.has(name)) await putAside(layout, join(layout.packages, name))
    }
  })
  await sweep(layout, gone)
  return { kept, removed, bytes }
}
