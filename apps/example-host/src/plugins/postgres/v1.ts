import type { Plugin } from '@uni/reload-core'
import { cdcOutput, type CdcBatch, type CdcOutputProvider, type CdcStartContext, type CdcStream } from '@uni/reload-cdc'
import type { Client } from 'pg'
import { RowStream, type RowDialect } from './row-stream.js'
import { createTables } from './tables.js'

/** Writes each mutation as a row of a table. Rows go over as one JSON text a batch. */
export function postgresV1(connectionString: string): Plugin {
  return {
    manifest: { id: 'postgres', version: '1.0.0', capabilities: [cdcOutput.id] },
    register(registrar) {
      registrar.provide(cdcOutput, new PostgresRowsV1(connectionString))
    },
  }
}

const dialect: RowDialect = {
  prepare: createTables,
  async insert(client: Client, stream: string, { lsnStart, mutations }: CdcBatch): Promise<void> {
    const rows = mutations.toArray().map((row, at) => ({ ...(row as { toJSON(): object }).toJSON(), row_number: at }))
    await client.query(
      `
      INSERT INTO document_changes (stream, lsn_start, row_number, id, revision, deleted, title, details)
      SELECT $1, $2, row_number, id, revision, deleted, title, details
      FROM json_to_recordset($3) AS _ (row_number integer, id text, revision integer, deleted boolean, title text, details text)
    `,
      [stream, String(lsnStart), JSON.stringify(rows)],
    )
  },
}

class PostgresRowsV1 implements CdcOutputProvider {
  readonly version = '1.0.0'
  readonly name = 'postgres-rows'
  readonly #connectionString: string

  constructor(connectionString: string) {
    this.#connectionString = connectionString
  }

  start(ctx: CdcStartContext): Promise<CdcStream> {
    return RowStream.start(this.#connectionString, dialect, ctx)
  }
}
