import { blobsEntry } from './blobs/entry.js'
import type { CatalogueEntry } from './catalogue.js'
import { distanceEntry } from './distance/entry.js'
import { fulltextEntry } from './fulltext/entry.js'
import { geoEntry } from './geo/entry.js'
import { housekeepingEntry } from './housekeeping/entry.js'
import { jsonLinesEntry } from './json-lines/entry.js'
import { notesEntry } from './notes/entry.js'
import { statisticsEntry } from './statistics/entry.js'

export type { CatalogueEntry } from './catalogue.js'

export interface CatalogueOptions {
  /** The directory of the files that the CDC sinks write. */
  readonly sinks: string
  /** Told of each run of the background job, and of the version that ran. */
  onJobRun(version: string): void
}

/** Every plugin of the example host, one for each surface. */
export function catalogueOf({ sinks, onJobRun }: CatalogueOptions): readonly CatalogueEntry[] {
  return [
    fulltextEntry, jsonLinesEntry(sinks), notesEntry, geoEntry, distanceEntry, statisticsEntry, blobsEntry, housekeepingEntry(onJobRun),
  ]
}
