import { blobsEntry } from './blobs/entry.js'
import { boardsEntry } from './boards/entry.js'
import type { CatalogueEntry } from './catalogue.js'
import { chatEntry } from './chat/entry.js'
import { checksEntry } from './checks/entry.js'
import { distanceEntry } from './distance/entry.js'
import { draftsEntry } from './drafts/entry.js'
import { fulltextEntry } from './fulltext/entry.js'
import { geoEntry } from './geo/entry.js'
import { housekeepingEntry } from './housekeeping/entry.js'
import { jsonLinesEntry } from './json-lines/entry.js'
import { notesEntry } from './notes/entry.js'
import { postgresEntry } from './postgres/entry.js'
import { pricesEntry } from './prices/entry.js'
import type { Reminded } from './reminders/contract.js'
import { remindersEntry } from './reminders/entry.js'
import { sheetsEntry } from './sheets/entry.js'
import { statisticsEntry } from './statistics/entry.js'
import { tracingEntry } from './tracing/entry.js'
import { vectorsEntry } from './vectors/entry.js'
import { visitsEntry } from './visits/entry.js'

export type { CatalogueEntry } from './catalogue.js'

export interface CatalogueOptions {
  /** The directory of the files that the JSON-lines sinks write. */
  readonly sinks: string
  /** The directory of the images that vector indexes are handed over as. */
  readonly images: string
  /** The database of the PostgreSQL sink. */
  readonly connectionString: string
  /** Told of each run of the background job, and of the version that ran. */
  onJobRun(version: string): void
  /** Told of each reminder that has fired. */
  onReminded(reminded: Reminded): void
}

/** Every plugin of the example host. */
export async function catalogueOf({
  sinks,
  images,
  connectionString,
  onJobRun,
  onReminded,
}: CatalogueOptions): Promise<readonly CatalogueEntry[]> {
  return [
    fulltextEntry,
    vectorsEntry(images),
    jsonLinesEntry(sinks),
    postgresEntry(connectionString),
    notesEntry,
    boardsEntry,
    sheetsEntry,
    geoEntry,
    await distanceEntry(),
    statisticsEntry,
    blobsEntry,
    housekeepingEntry(onJobRun),
    visitsEntry,
    draftsEntry,
    chatEntry,
    remindersEntry(onReminded),
    checksEntry,
    pricesEntry,
    tracingEntry,
  ]
}
