import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import type { CdcOutputProvider, CdcPrepareContext, CdcPrepared, CdcStartContext } from '@uni/reload-cdc'
import type { Connection } from '../connect.js'
import { OwnConnection } from '../own-connection.js'
import { ensureTable, OWN_SCHEMA } from '../own-tables.js'
import { SinkStream } from './sink-stream.js'
import type { SinkWrites } from './sink-writes.js'

export interface PostgresSinkOptions extends SinkWrites {
  readonly name: string
  readonly connection: Connection
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
