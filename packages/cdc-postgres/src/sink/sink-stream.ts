import { PluginCallError } from '@uni/reload-core'
import type { CdcBatch, CdcLsn, CdcStartContext, CdcStream } from '@uni/reload-cdc'
import type { Client } from 'pg'
import { reasonOf, sqlState } from '../connect.js'
import type { OwnConnection } from '../own-connection.js'
import { storedName } from '../own-tables.js'
import type { SinkWrites } from './sink-writes.js'

/** What a version of a sink does its own way. */
export interface SinkDialect extends SinkWrites {
  readonly lsnTable: string
}

/**
 * Writes the rows of each batch, and the LSN they end at, in one transaction: exactly once, whatever is lost in
 * between. The row with the LSN is also a lock, so that a predecessor that still has a transaction under way, though
 * its process was killed, comes either before this stream or not at all.
 */
export class SinkStream implements CdcStream {
  readonly #own: OwnConnection
  readonly #stream: string
  readonly #dialect: SinkDialect
  #handed: CdcLsn

  private constructor(own: OwnConnection, stream: string, dialect: SinkDialect, handed: CdcLsn) {
    this.#own = own
    this.#stream = stream
    this.#dialect = dialect
    this.#handed = handed
  }

  /**
   * @param own is closed where it fails.
   * @throws PluginCallError `LSN` where the database has less than lies below `fromLsn`.
   */
  static async start(
    own: OwnConnection,
    dialect: SinkDialect,
    { stream, fromLsn, gap, signal }: CdcStartContext,
  ): Promise<SinkStream> {
    try {
      if (stream === undefined) {
        throw new TypeError('a PostgreSQL sink keeps an LSN for each stream by its name, and the host gave none')
      }
      const lsn = await own.transaction(async (client) => {
        await dialect.prepare?.(client)
        return await takeUp(client, dialect.lsnTable, stream, fromLsn, gap !== undefined)
      })
      signal.throwIfAborted()
      return new SinkStream(own, stream, dialect, fromLsn ?? lsn)
    } catch (error) {
      await own.close()
      throw error
    }
  }

  async deliver(batch: CdcBatch): Promise<void> {
    const { lsnStart, lsnEnd } = batch
    const { lsnTable, write } = this.#dialect
    try {
      await this.#own.transaction(async (client) => {
        const lsn = await lockedLsn(client, lsnTable, this.#stream)
        // It was stored, and the acknowledgement or the checkpoint was lost.
        if (lsn !== undefined && lsnEnd <= lsn) return
        if (lsn !== undefined && lsn !== lsnStart) throw notHere(this.#stream, lsn, lsnStart)
        await write(client, batch, this.#stream)
        await keepLsn(client, lsnTable, this.#stream, lsnEnd)
      })
    } catch (error) {
      throw isAboutTheRows(error)
        ? new PluginCallError(
            sqlState(error) ?? 'DATA',
            `PostgreSQL does not take a row of the batch at LSN ${lsnStart}: ${reasonOf(error)}`,
            { cause: error },
          )
        : error
    }
    this.#handed = lsnEnd
  }

  /** Whatever was accepted was committed. */
  checkpoint(): CdcLsn {
    return this.#handed
  }

  shutdown(): Promise<void> {
    return this.#own.close()
  }
}

/** Where the stream goes on: at `fromLsn`, or further, as the rows up to there are stored already. */
async function takeUp(
  client: Client,
  table: string,
  stream: string,
  fromLsn: CdcLsn | undefined,
  acceptsGap: boolean,
): Promise<CdcLsn> {
  const lsn = await lockedLsn(client, table, stream)
  if (fromLsn === undefined) return lsn ?? 0n
  if (lsn !== undefined && lsn >= fromLsn) return lsn
  if (lsn !== undefined && !acceptsGap) throw notHere(stream, lsn, fromLsn)
  await keepLsn(client, table, stream, fromLsn)
  return fromLsn
}

async function lockedLsn(client: Client, table: string, stream: string): Promise<CdcLsn | undefined> {
  const { rows } = await client.query<{ lsn: string }>(`SELECT lsn FROM ${table} WHERE stream = $1 FOR UPDATE`, [
    storedName(stream),
  ])
  return rows[0] && BigInt(rows[0].lsn)
}

async function keepLsn(client: Client, table: string, stream: string, lsn: CdcLsn): Promise<void> {
  await client.query(
    `INSERT INTO ${table} (stream, lsn) VALUES ($1, $2) ON CONFLICT (stream) DO UPDATE SET lsn = excluded.lsn`,
    [storedName(stream), String(lsn)],
  )
}

function notHere(stream: string, lsn: CdcLsn, wanted: CdcLsn): PluginCallError {
  return new PluginCallError(
    'LSN',
    `the rows of stream "${stream}" end at LSN ${lsn} in the database, and it is to go on at ${wanted}. ${
      lsn < wanted
        ? 'What lies between is missing: restore it, or start the stream where the rows end.'
        : 'The batches are not those that were stored.'
    }`,
  )
}

/** Class 22 data exception, 23 integrity constraint violation: the same rows will not do any better next time. */
function isAboutTheRows(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error) ?? '')
}
