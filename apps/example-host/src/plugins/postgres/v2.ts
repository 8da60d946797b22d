import type { Plugin } from '@uni/reload-core'
import { cdcOutput, type CdcBatch, type CdcOutputProvider, type CdcStartContext, type CdcStream } from '@uni/reload-cdc'
import type { Client } from 'pg'
import { RowStream, type RowDialect } from './row-stream.js'
import { addCommitTime, createTables } from './tables.js'

/** As before, and each row says when its mutation was committed. Rows go over as one array a column. */
export function postgresV2(connectionString: string): Plugin {
  return {
    manifest: { id: 'postgres', version: '2.0.0', capabilities: [cdcOutput.id] },
    register(registrar) {
      registrar.provide(cdcOutput, new PostgresRowsV2(connectionString))
    },
  }
}

const COLUMNS = { id: 'text', revision: 'integer', deleted: 'boolean', title: 'text', details: 'text' } as const

export const dialectV2: RowDialect = {
  async prepare(client) {
    await createTables(client)
    await addCommitTime(client)
  },
  async insert(client: Client, stream: string, { lsnStart, commitTimestamp, mutations }: CdcBatch): Promise<void> {
    const names = Object.keys(COLUMNS)
    const values = names.map((name) => {
      const column = mutations.getChild(name)
      return Array.from({ length: mutations.numRows }, (_, at) => column?.get(at) as unknown)
    })
    const arrays = Object.values(COLUMNS).map((type, at) => `$${at + 4}::${type}[]`)
    await client.query(
      `
      INSERT INTO document_changes (stream, lsn_start, committed_at, row_number, ${names.join(', ')})
      SELECT $1, $2, $3, place - 1, ${names.join(', ')} FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS _ (${names.join(', ')}, place)
    `,
      [stream, String(lsnStart), commitTimestamp, ...values],
    )
  },
}

export class PostgresRowsV2 implements CdcOutputProvider {
  readonly version: string = '2.0.0'
  readonly name = 'postgres-rows'
  readonly #connectionString: string

  constructor(connectionString: string) {
    this.#connectionString = connectionString
  }

  start(ctx: CdcStartContext): Promise<CdcStream> {
    return RowStream.start(this.#connectionString, this.dialect, ctx)
  }

  protected get dialect(): RowDialect {
    return dialectV2
  }
}
