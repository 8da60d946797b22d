import { setImmediate as nextTurn } from 'node:timers/promises'
import { PerformanceObserver } from 'node:perf_hooks'
import { PluginHost, type LiveResource } from '@uni/reload-core'
import { MemoryCommitLog } from '@uni/reload-cdc'
import { buildIndex, indexKind, type IndexHandle } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import type { RecordBatch } from 'apache-arrow'
import { toBatch, type DocumentChange } from '../src/host/document.js'
import { strategies } from '../src/host/strategies.js'
import type { CatalogueEntry } from '../src/plugins/catalogue.js'
import { fulltextEntry } from '../src/plugins/fulltext/entry.js'
import { vectorsEntry } from '../src/plugins/vectors/entry.js'
import { tempDirectory } from '../test/plugins/support/temp-directory.js'

/**
 * Replaces the plugins of large indexes that are written to meanwhile, and says the longest stretch in which the event
 * loop did not turn. Garbage collection is part of such a stretch, and so is said beside it.
 */
const DOCUMENTS = Number(process.argv[2] ?? 50_000)
const WORDS = [
  'amber',
  'basalt',
  'cinder',
  'dune',
  'ember',
  'fjord',
  'glacier',
  'harbour',
  'island',
  'jungle',
  'karst',
  'lagoon',
  'meadow',
]

let longestCollection = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestCollection = Math.max(longestCollection, duration)
}).observe({ entryTypes: ['gc'] })

await using directory = await tempDirectory()
for (const entry of [fulltextEntry, vectorsEntry(directory.path)]) await measure(entry)

async function measure(entry: CatalogueEntry): Promise<void> {
  await using host = new PluginHost({
    strategies: strategies({ log: new MemoryCommitLog(), spool: fileSpool(directory.path) }),
  })
  await host.add(entry.v1())
  const source = toBatch(Array.from({ length: DOCUMENTS }, (_, at) => documentAt(at, 0)))
  const index = await host.attach(indexKind, {
    name: 'measured',
    key: entry.keys[0] as string,
    open: (provider) => buildIndex(provider, source),
  })
  for (const make of [entry.v2, entry.v1, entry.v2, entry.v1]) {
    const handle = host.plugin(entry.id)
    if (handle === undefined) throw new Error(`${entry.id} is not installed`)
    longestCollection = 0
    const done = new AbortController()
    const writing = write(index, done.signal)
    const { report, finalized } = await host.reload(handle, make())
    await finalized
    done.abort()
    await writing
    process.stdout.write(
      `${entry.id} ${report.from} → ${report.to}, ${DOCUMENTS} documents: ${ms(report.totalMs)}, ${report.replayedWrites} writes replayed, ` +
        `writes held for ${ms(report.pauseMs)}; longest stretch ${ms(report.blockedMs)} (${report.blockedBy}), longest garbage collection ${ms(longestCollection)}\n`,
    )
  }
}

/** Replaces documents, one in each turn of the event loop. */
async function write(index: LiveResource<IndexHandle, RecordBatch>, done: AbortSignal): Promise<void> {
  for (let revision = 1; !done.aborted; revision += 1) {
    await index.write(toBatch([documentAt(revision % DOCUMENTS, revision)]))
    await nextTurn()
  }
}

function documentAt(at: number, revision: number): DocumentChange {
  const words = Array.from(
    { length: 12 },
    (_, nth) => `${WORDS[(at * (nth + 3) + nth * nth) % WORDS.length]}${(at * 31 + nth) % 997}`,
  )
  return {
    id: `document-${at}`,
    revision,
    deleted: false,
    title: words.slice(0, 3).join(' '),
    details: words.slice(3).join(' '),
  }
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}
