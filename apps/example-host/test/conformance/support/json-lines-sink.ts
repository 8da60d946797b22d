import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from '@uni/reload-core'
import { cdcOutput, type CdcOutputProvider, type CdcStream } from '@uni/reload-cdc'
import type { CdcCapabilities, CdcFixture } from '@uni/reload-cdc/testing'
import { toBatch } from '../../../src/host/document.js'
import type { CatalogueEntry } from '../../../src/plugins/catalogue.js'
import { jsonLinesEntry } from '../../../src/plugins/json-lines/entry.js'
import { providersOf } from '../../plugins/support/providers.js'
import { tempDirectory } from '../../plugins/support/temp-directory.js'
import { fullDisk } from './full-disk.js'

/** What the JSON-lines sinks claim: one stream at a time writes to a file. */
export const JSON_LINES: CdcCapabilities = {
  guarantee: 'exactly-once',
  streams: 'one',
  crash: true,
  outage: true,
  torn: true,
  older: true,
  downgrade: true,
}

type Sink = 'json-lines-all' | 'json-lines-titles'

/** One of the plugin's sinks as the suite sees it, in a directory of its own. */
export async function jsonLinesSink(sink: Sink, make: (entry: CatalogueEntry) => Plugin): Promise<CdcFixture> {
  const directory = await tempDirectory()
  const entry = jsonLinesEntry(directory.path)
  const path = join(directory.path, `${sink}.jsonl`)
  const open = new Set<CdcStream>()
  const provider = (plugin: Plugin): CdcOutputProvider => remembering(sinkOf(plugin, sink), open)
  return {
    provider: () => provider(make(entry)),
    older: () => provider(entry.v1()),
    mutations: (ids) =>
      toBatch(
        ids.map((id) => ({
          id: `row ${id}`,
          revision: id,
          deleted: id % 7 === 0,
          title: `title ${id}`,
          details: 'line\nbreak',
        })),
      ),
    stored: async () => wholeLines(await contentOf(path)).flatMap(idsIn),
    // What was written is in the file, synchronized or not, and nobody writes on.
    crash: () => {},
    outage: () => fullDisk(),
    tear: () => appendFile(path, '{"lsnStart":"1005","lsnEnd":"1007","row":{"id":"row '),
    save: async () => ({ 'sink.jsonl': await readFile(path) }),
    async restore(files) {
      await mkdir(directory.path, { recursive: true })
      await writeFile(path, files['sink.jsonl'] ?? '')
    },
    async dispose() {
      for (const stream of open) await stream.shutdown()
      await directory[Symbol.asyncDispose]()
    },
  }
}

function sinkOf(plugin: Plugin, sink: Sink): CdcOutputProvider {
  const found = providersOf(plugin, cdcOutput).find(({ name }) => name === sink)
  if (found === undefined) throw new Error(`the plugin has no sink ${sink}`)
  return found
}

/**
 * The same provider. Its streams are in `open` until they are shut down: those of a crashed program have files open
 * still.
 */
function remembering(provider: CdcOutputProvider, open: Set<CdcStream>): CdcOutputProvider {
  const start = provider.start.bind(provider)
  return Object.assign(provider, {
    async start(ctx: Parameters<typeof start>[0]) {
      const stream = await start(ctx)
      const shutdown = stream.shutdown.bind(stream)
      open.add(stream)
      return Object.assign(stream, {
        shutdown() {
          open.delete(stream)
          return shutdown()
        },
      })
    },
  })
}

async function contentOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
}

/** None where the row is not the suite's. */
function idsIn(line: string): number[] {
  const { row } = JSON.parse(line) as { readonly row: { readonly id?: unknown } }
  const [, id] = /^row (\d+)$/.exec(String(row.id)) ?? []
  return id === undefined ? [] : [Number(id)]
}

function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}
