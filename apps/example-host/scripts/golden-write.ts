import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { logicalType } from '@uni/reload-logical-type'
import { writeCdcGolden, type CdcCapabilities, type CdcFixture } from '@uni/reload-cdc/testing'
import { writeCrdtGolden } from '@uni/reload-crdt/testing'
import { writeIndexGolden } from '@uni/reload-index/testing'
import { writeLogicalTypeGolden } from '@uni/reload-logical-type/testing'
import { startPostgres } from '../src/demo/postgres.js'
import type { CatalogueEntry } from '../src/plugins/catalogue.js'
import { drafts } from '../src/plugins/drafts/contract.js'
import { draftsEntry } from '../src/plugins/drafts/entry.js'
import { fulltextEntry } from '../src/plugins/fulltext/entry.js'
import { geoEntry } from '../src/plugins/geo/entry.js'
import { vectorsEntry } from '../src/plugins/vectors/entry.js'
import { visits } from '../src/plugins/visits/contract.js'
import { visitsEntry } from '../src/plugins/visits/entry.js'
import { boards, notes, sheets, subjectOf } from '../test/conformance/support/crdt-subjects.js'
import { indexFixture } from '../test/conformance/support/index-fixture.js'
import { JSON_LINES, jsonLinesSink } from '../test/conformance/support/json-lines-sink.js'
import { LINES, VISITS } from '../test/conformance/support/memory-writes.js'
import { POSTGRES_SINK, postgresSink } from '../test/conformance/support/postgres-sink.js'
import { storeImage } from '../test/conformance/support/stored-images.js'
import { providerOf } from '../test/plugins/support/providers.js'
import { tempDirectory } from '../test/plugins/support/temp-directory.js'

/** Has both versions of each plugin write what later ones are held to. What is there is never changed. */
const GOLDEN = join(process.cwd(), 'test/golden')
const ANSWERS = '.answers.json'
const VERSIONS = ['v1', 'v2'] as const
/** Files that their versions would write otherwise now. */
const different: string[] = []

async function keep(plugin: string, name: string, bytes: Uint8Array): Promise<void> {
  const file = join(GOLDEN, plugin, name)
  const there = await readFile(file).catch(() => undefined)
  if (there !== undefined && (there.equals(bytes) || (name.endsWith(ANSWERS) && goesOn(there, bytes)))) return
  if (there !== undefined) {
    different.push(file)
    return
  }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, bytes)
  process.stdout.write(`${plugin}/${name}, ${bytes.byteLength} bytes\n`)
}

/** Whether answers are those that are there, followed by those to queries that nobody asked when they were written. */
function goesOn(there: Uint8Array, bytes: Uint8Array): boolean {
  const [before, now] = [there, bytes].map((text) => JSON.parse(new TextDecoder().decode(text)) as unknown[])
  return isDeepStrictEqual(now?.slice(0, before?.length), before)
}

async function keepIndex(entryIn: (directory: string) => CatalogueEntry): Promise<void> {
  for (const make of VERSIONS) {
    const { id, [make]: plugin } = entryIn('')
    const fixture = await indexFixture((directory) => entryIn(directory)[make]())
    for (const { name, bytes } of await writeIndexGolden(fixture, { version: plugin().manifest.version }))
      await keep(id, name, bytes)
    await fixture.dispose?.()
  }
}

async function keepSink(
  plugin: string,
  capabilities: CdcCapabilities,
  sink: (make: 'v1' | 'v2') => Promise<CdcFixture>,
): Promise<void> {
  for (const make of VERSIONS) {
    const files = await writeCdcGolden({
      make: () => sink(make),
      capabilities,
      version: make === 'v1' ? '1.0.0' : '2.0.0',
    })
    for (const [name, bytes] of Object.entries(files)) await keep(plugin, name, bytes)
  }
}

await keepIndex(() => fulltextEntry)
await keepIndex(vectorsEntry)
for (const kind of [notes, boards, sheets]) {
  for (const plugin of VERSIONS.map((make) => kind.entry[make]())) {
    for (const { file, bytes } of await writeCrdtGolden(subjectOf(kind, plugin), { version: plugin.manifest.version }))
      await keep(kind.entry.id, file, bytes)
  }
}
for (const plugin of VERSIONS.map((make) => geoEntry[make]())) {
  for (const { name, bytes } of writeLogicalTypeGolden(providerOf(plugin, logicalType), {
    version: plugin.manifest.version,
  }))
    await keep(geoEntry.id, name, bytes)
}
for (const make of VERSIONS) {
  for (const [id, { name, bytes }] of [
    [visitsEntry.id, await storeImage(visitsEntry[make](), visits, VISITS)],
    [draftsEntry.id, await storeImage(draftsEntry[make](), drafts, LINES)],
  ] as const)
    await keep(id, name, bytes)
}
await keepSink('json-lines', JSON_LINES, (make) => jsonLinesSink('json-lines-all', (entry) => entry[make]()))
{
  await using directory = await tempDirectory()
  await using server = await startPostgres(directory.path)
  await keepSink('postgres', POSTGRES_SINK, (make) => postgresSink(server.connectionString, (entry) => entry[make]()))
}
if (different.length > 0) {
  process.stderr.write(
    `left as they are, though they would be written otherwise now: if the version is what has changed, raise it\n${different.join('\n')}\n`,
  )
  process.exitCode = 1
}
