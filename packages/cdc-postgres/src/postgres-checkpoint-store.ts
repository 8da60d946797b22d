import { ASYNC_DISPOSE, checkOptions, option, type OptionChecks } from '@uni/reload-core'
import { CdcError, type CdcLsn, type CheckpointStore } from '@uni/reload-cdc'
import type { Client } from 'pg'
import { reasonOf, type Connection } from './connect.js'
import { OwnConnection } from './own-connection.js'
import { ensureTable, OWN_SCHEMA, storedName } from './own-tables.js'

export interface PostgresCheckpointStoreOptions {
  /** Where the table `reload_cdc.checkpoints` is, or is made. */
  readonly connection: Connection
}

const OPTIONS: OptionChecks<PostgresCheckpointStoreOptions> = { connection: option.required(option.given) }
const TABLE = `${OWN_SCHEMA}.checkpoints`

/** Keeps checkpoints in a table of a PostgreSQL: of the source, of a sink, or any other. */
export class PostgresCheckpointStore implements CheckpointStore {
  readonly #own: OwnConnection
  #ensured = false

  constructor(options: PostgresCheckpointStoreOptions) {
    this.#own = new OwnConnection(checkOptions(options, 'PostgresCheckpointStore options', OPTIONS).connection)
  }

  /** @throws CdcError `CHECKPOINT_IO`. */
  async load(stream: string): Promise<CdcLsn | undefined> {
    const rows = await this.#run('read', async (client) => {
      const result = await client.query<{ lsn: string }>(`SELECT lsn FROM ${TABLE} WHERE stream = $1`, [
        storedName(stream),
      ])
      return result.rows
    })
    return rows[0] && BigInt(rows[0].lsn)
  }

  /** @throws CdcError `CHECKPOINT_IO`, with the checkpoint before in place. */
  async save(stream: string, lsn: CdcLsn): Promise<void> {
    await this.#run('written', (client) =>
      client.query(`INSERT INTO ${TABLE} VALUES ($1, $2) ON CONFLICT (stream) DO UPDATE SET lsn = excluded.lsn`, [
        storedName(stream),
        String(lsn),
      ]),
    )
  }

  async close(): Promise<void> {
    await this.#own.close()
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.close()
  }

  async #run<T>(verb: string, work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await this.#own.run(async (client) => {
        if (!this.#ensured) await ensureTable(client, 'checkpoints')
        this.#ensured = true
        return await work(client)
      })
    } catch (cause) {
      throw new CdcError('CHECKPOINT_IO', `the table ${TABLE} cannot be ${verb}: ${reasonOf(cause)}`, { cause })
    }
  }
}
