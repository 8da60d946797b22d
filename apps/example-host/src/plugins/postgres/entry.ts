import { cdcOutput } from '@uni/reload-cdc'
import type { CatalogueEntry } from '../catalogue.js'
import { migrationFails } from './migration-fails.js'
import { startsAStreamWithoutCheckpoint } from './starts-a-stream-without-checkpoint.js'
import { postgresV1 } from './v1.js'
import { postgresV2 } from './v2.js'

/**
 * A sink, `postgres-rows`: the table `document_changes` of a PostgreSQL database, to which any number of streams write,
 * each row exactly once.
 */
export function postgresEntry(connectionString: string): CatalogueEntry {
  return {
    id: 'postgres',
    surface: cdcOutput.id,
    keys: ['postgres-rows'],
    v1: () => postgresV1(connectionString),
    v2: () => postgresV2(connectionString),
    bad: () => [
      {
        plugin: migrationFails(connectionString),
        fault: 'fails in the middle of its migration',
        code: 'HANDOFF',
        result: 'rolled-back',
      },
      {
        plugin: startsAStreamWithoutCheckpoint(connectionString),
        fault: 'starts a stream without checkpoint',
        code: 'HANDOFF',
        result: 'rolled-back',
      },
    ],
  }
}
