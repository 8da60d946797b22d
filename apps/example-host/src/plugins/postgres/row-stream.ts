import { PluginCallError } from '@uni/reload-core'
import type { CdcBatch, CdcLsn, CdcStartContext, CdcStream } from '@uni/reload-cdc'
import { DatabaseError, type Client } from 'pg'
import { Session } from './session.js'

/** What a version of this sink does its own way. */
export interface RowDialect {
  /** Makes the tables what this version writes to. Runs in the transaction that takes the stream up. */
  prepare(client: Client): Promise<void>
  /** Must leave rows that do not fit to PostgreSQL, whose errors say what is wrong with them. */
  insert(client: Client, stream: string, batch: CdcBatch): Promise<void>
}

/**
 * Writes the rows of each batch, and the LSN they end at, in one transaction: exactly once, whatever is lost in
 * between. The row with the LSN is also a lock, so that a predecessor that still has a transaction under way, though
 * its process was killed, comes either before this stream or not at all.
 */
export class RowStream implements CdcStream {
  readonly #session: Session
  readonly #stream: string
  readonly #dialect: RowDialect
  #handed: CdcLsn

  private constructor(session: Session, stream: string, dialect: RowDialect, handed: CdcLsn) {
    this.#session = session
    this.#stream = stream
    this.#dialect = dialect
    this.#handed = handed
  }

  /** @throws Error where the database has less than lies below `fromLsn`. */
  static async start(
    connectionString: string,
    dialect: RowDialect,
    { stream, fromLsn, gap, signal }: CdcStartContext,
  ): Promise<RowStream> {
    if (stream === undefined)
      throw new Error('this sink keeps an LSN for each stream by its name, and the host gave none')
    const session = new Session(connectionString)
    try {
      const lsn = await session.transaction(async (client) => {
        await dialect.prepare(client)
        return await takeUp(client, stream, fromLsn, gap !== undefined)
      })
      signal.throwIfAborted()
      return new RowStream(session, stream, dialect, fromLsn ?? lsn)
    } catch (error) {
      await session.close()
      throw error
    }
  }

  async deliver(batch: CdcBatch): Promise<void> {
    const { lsnStart, lsnEnd } = batch
    try {
      await this.#session.transaction(async (client) => {
        const lsn = await lockedLsn(client, this.#stream)
        // It was stored, and the acknowledgement or the checkpoint was lost.
        if (lsn !== undefined && lsnEnd <= lsn) return
        if (lsn !== undefined && lsn !== lsnStart) throw notHere(this.#stream, lsn, lsnStart)
        await this.#dialect.insert(client, this.#stream, batch)
        await client.query(
          'INSERT INTO document_streams VALUES ($1, $2) ON CONFLICT (stream) DO UPDATE SET lsn = excluded.lsn',
          [this.#stream, String(lsnEnd)],
        )
      })
    } catch (error) {
      throw isAboutTheRows(error)
        ? new PluginCallError(
            error.code ?? 'DATA',
            `PostgreSQL does not take a row of the batch at LSN ${lsnStart}: ${error.message}`,
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
    return this.#session.close()
  }
}

/** Where the stream goes on: at `fromLsn`, or further, as the rows up to there are stored already. */
async function takeUp(
  client: Client,
  stream: string,
  fromLsn: CdcLsn | undefined,
  acceptsGap: boolean,
): Promise<CdcLsn> {
  const lsn = await lockedLsn(client, stream)
  if (fromLsn === undefined) return lsn ?? 0n
  if (lsn !== undefined && lsn >= fromLsn) return lsn
  if (lsn !== undefined && !acceptsGap) throw notHere(stream, lsn, fromLsn)
  await client.query(
    'INSERT INTO document_streams VALUES ($1, $2) ON CONFLICT (stream) DO UPDATE SET lsn = excluded.lsn',
    [stream, String(fromLsn)],
  )
  return fromLsn
}

async function lockedLsn(client: Client, stream: string): Promise<CdcLsn | undefined> {
  const { rows } = await client.query<{ lsn: string }>(
    'SELECT lsn FROM document_streams WHERE stream = $1 FOR UPDATE',
    [stream],
  )
  return rows[0] && BigInt(rows[0].lsn)
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
function isAboutTheRows(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && /^2[23]/.test(error.code ?? '')
}
