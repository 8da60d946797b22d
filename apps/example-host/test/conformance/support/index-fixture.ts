import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from '@uni/reload-core'
import { indexKind } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import type { IndexFixture } from '@uni/reload-index/testing'
import { toBatch, type DocumentChange } from '../../../src/host/document.js'
import { everyDocument, textQuery } from '../../../src/host/queries.js'
import { providerOf } from '../../plugins/support/providers.js'
import { tempDirectory } from '../../plugins/support/temp-directory.js'

const WORDS = ['harbour', 'glacier', 'cinnamon', 'velocity', 'quarantine', 'umbrella', 'dynasty', 'foxglove']

/**
 * A document whose words depend on both numbers. What is asked for is in the details only, where versions rank alike.
 */
function documentAt(at: number, revision: number): DocumentChange {
  const words = Array.from(
    { length: 4 + ((at * 5 + revision * 3) % 9) },
    (_, nth) => WORDS[(at * (nth + 1) + revision * 7 + nth * nth) % WORDS.length],
  )
  return { id: `d${at}`, revision, deleted: false, title: `number ${at} of ${revision}`, details: words.join(' ') }
}

const SOURCE = Array.from({ length: 20 }, (_, at) => documentAt(at, 0))

/** Adds a document, replaces one, and now and then removes one. */
function changeAt(nth: number): DocumentChange[] {
  const removed = nth % 3 === 1 ? [{ ...documentAt((nth * 7) % 20, 0), deleted: true }] : []
  return [documentAt(100 + (nth % 20), nth), documentAt(nth % 20, nth + 1), ...removed]
}

/** The documents that are there after so many changes. */
export function documentsAfter(changes: number): DocumentChange[] {
  const documents = new Map<string, DocumentChange>()
  for (const change of [...SOURCE, ...Array.from({ length: changes }, (_, nth) => changeAt(nth)).flat()]) {
    if (change.deleted) documents.delete(change.id)
    else documents.set(change.id, change)
  }
  return [...documents.values()]
}

/** What the kit tests a version of an index plugin by, in a directory of its own. */
export async function indexFixture(
  make: (directory: string) => Plugin,
  previous?: (directory: string) => Plugin,
): Promise<IndexFixture> {
  const directory = await tempDirectory()
  const images = join(directory.path, 'images')
  const spool = join(directory.path, 'spool')
  const filesIn = (path: string): Promise<string[]> => readdir(path).catch(() => [])
  return {
    provider: providerOf(make(images), indexKind),
    ...(previous && { previous: providerOf(previous(images), indexKind) }),
    source: toBatch(SOURCE),
    queries: [...['harbour', 'glacier foxglove', 'dynasty', 'nothing'].map(textQuery), everyDocument],
    k: 40,
    change: (nth) => toBatch(changeAt(nth)),
    badChanges: [everyDocument],
    spool: fileSpool(spool),
    residue: async () => [...(await filesIn(images)), ...(await filesIn(spool))],
    dispose: async () => await directory[Symbol.asyncDispose](),
  }
}
