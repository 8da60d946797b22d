import { cdcOutput } from '@uni/reload-cdc'
import type { CatalogueEntry } from '../catalogue.js'
import { SINKS } from './sinks.js'
import { startFails } from './start-fails.js'
import { startsAStreamWithoutDeliver } from './starts-a-stream-without-deliver.js'
import { jsonLinesV1 } from './v1.js'
import { jsonLinesV2 } from './v2.js'

/**
 * Two sinks, `json-lines-all` and `json-lines-titles`, each a file of its name in `directory`. One stream at a time
 * writes to a sink.
 */
export function jsonLinesEntry(directory: string): CatalogueEntry {
  return {
    id: 'json-lines',
    surface: cdcOutput.id,
    keys: SINKS.map(({ name }) => name),
    v1: () => jsonLinesV1(directory),
    v2: () => jsonLinesV2(directory),
    bad: () => [
      { plugin: startFails(directory), fault: 'does not start', code: 'HANDOFF', result: 'rolled-back' },
      {
        plugin: startsAStreamWithoutDeliver(directory),
        fault: 'starts a stream without deliver',
        code: 'HANDOFF',
        result: 'rolled-back',
      },
    ],
  }
}
