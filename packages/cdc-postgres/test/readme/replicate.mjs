import { PluginHost } from '@uni/reload-core'
import { CdcPump, cdcHandoff, cdcOutput } from '@uni/reload-cdc'
import { PostgresCheckpointStore, PostgresCommitLog, changesOf, postgresSink } from '@uni/reload-cdc-postgres'

const source = process.env.SOURCE_URL                  // has a table, and CREATE PUBLICATION orders FOR TABLE orders
const target = process.env.TARGET_URL

// A sink, in two versions: every change, as a row of the table "audit".
const audit = (version) => ({
  manifest: { id: 'audit', version },
  register: (registrar) => {
    registrar.provide(cdcOutput, postgresSink({
      name: 'audit',
      connection: target,
      prepare: (client) => client.query('CREATE TABLE IF NOT EXISTS audit (version text, op text, data jsonb)'),
      async write(client, batch) {
        for (const change of changesOf(batch)) {
          await client.query('INSERT INTO audit VALUES ($1, $2, $3)', [version, change.op, change.new ?? change.old])
        }
      },
    }))
  },
})

const log = await PostgresCommitLog.open({ connection: source, slot: 'audit', publication: 'orders', snapshot: true })
const checkpoints = new PostgresCheckpointStore({ connection: target })
const host = new PluginHost({ strategies: [cdcHandoff({ canResume: (lsn) => log.canReadFrom(lsn) })] })
const handle = await host.add(audit('1.0.0'))
const pump = new CdcPump({ host, log, checkpoints })
await pump.start('orders', 'audit')                    // the rows that there are, and whatever is committed from now on

// Everything that was committed before it was called is in the sink.
export const caughtUp = async () => pump.caughtUp(await log.current())
export const deploy = (version) => host.reload(handle, audit(version))   // while the database is written to
export async function stop() {
  await pump.stop()
  await Promise.all([log.close(), checkpoints.close(), host.close()])
}
