import type { Plugin } from '@uni/reload-core'
import { cdcOutput } from '@uni/reload-cdc'
import type { RowDialect } from './row-stream.js'
import { dialectV2, PostgresRowsV2 } from './v2.js'

/** Changes the table half-way to its own liking before it finds that it cannot: the database undoes all of it. */
export function migrationFails(connectionString: string): Plugin {
  return {
    manifest: { id: 'postgres', version: '3.0.0', capabilities: [cdcOutput.id] },
    register(registrar) {
      registrar.provide(cdcOutput, new MigrationFails(connectionString))
    },
  }
}

class MigrationFails extends PostgresRowsV2 {
  override readonly version = '3.0.0'

  protected override get dialect(): RowDialect {
    return {
      ...dialectV2,
      async prepare(client) {
        await dialectV2.prepare(client)
        await client.query('ALTER TABLE document_changes DROP COLUMN details')
        await client.query('ALTER TABLE document_changes ALTER COLUMN id TYPE integer USING id::integer')
        throw new Error('the migration to version 3 stops half-way')
      },
    }
  }
}
