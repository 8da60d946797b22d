import { checkOptions, option, type MaybePromise, type OptionChecks } from '@uni/reload-core'
import type { CdcBatch, CdcOutputProvider, CdcPrepareContext, CdcPrepared, CdcStartContext } from '@uni/reload-cdc'
import type { Client } from 'pg'
import type { Connection } from '../connect.js'
import { OwnConnection } from '../own-connection.js'
import { ensureTable, OWN_SCHEMA } from '../own-tables.js'
import { SinkStream } from './sink-stream.js'

export interface PostgresSinkOptions {
  readonly name: string
  readonly connection: Connection
  /**
   * Writes the rows of a batch. Runs in the transaction that moves the stream's LSN on: what it does by `client` is
   * committed with that, or not at all. A row that does not fit has to be left to PostgreSQL, whose error says what is
   * wrong with it, and halts the stream.
   */
  readonly write: (client: Client, batch: CdcBatch, stream: string) => MaybePromise<void>
  /** Makes the tables what this version writes to. Runs in the transaction that takes a stream up. */
  readonly prepare?: ((client: Client) => MaybePromise<void>) | undefined
  /**
   * Where the LSN of each stream is kept: a table with `stream text PRIMARY KEY` and `lsn numeric`, which `prepare`
   * makes. Default: `reload_cdc.sinks`, which is made. Streams of one name share a row of it.
   */
  readonly lsnTable?: string | undefined
}

const OPTIONS: OptionChecks<PostgresSinkOptions> = {
  name: option.required(option.text),
  connection: option.required(option.given),
  write: option.required(option.function),
  prepare: option.function,
  lsnTable: option.text,
}

/** A sink that has each row exactly once: it keeps the LSN of each stream in the transaction that writes its rows. */
export function postgresSink(options: PostgresSinkOptions): CdcOutputProvider {
  const { name, connection, write, prepare, lsnTable } = checkOptions(options, 'postgresSink options', OPTIONS)

  async function ready(signal: AbortSignal): Promise<OwnConnection> {
    const own = new OwnConnection(connection)
    try {
      await own.ready()
      if (lsnTable === undefined) await own.run((client) => ensureTable(client, 'sinks'))
      signal.throwIfAborted()
      return own
    } catch (error) {
      await own.close()
      throw error
    }
  }

  const takeOver = (own: OwnConnection, ctx: CdcStartContext): Promise<SinkStream> =>
    SinkStream.start(own, { write, prepare, lsnTable: lsnTable ?? `${OWN_SCHEMA}.sinks` }, ctx)

  return {
    name,
    start: async (ctx) => takeOver(await ready(ctx.signal), ctx),
    async prepare({ signal }: CdcPrepareContext): Promise<CdcPrepared> {
      const own = await ready(signal)
      return { start: (ctx) => takeOver(own, ctx), abandon: () => own.close() }
    },
  }
}
