import { PluginHost } from '@uni/reload-core'
import { CdcPump, MemoryCheckpointStore, MemoryCommitLog, cdcHandoff, cdcOutput } from '@uni/reload-cdc'
import { tableFromArrays } from 'apache-arrow'

const stored = []

// A sink, in two versions. This one keeps its rows in an array.
const warehouse = (version) => ({
  name: 'warehouse',
  start({ fromLsn = 0n }) {
    let end = fromLsn
    return {
      deliver(batch) { stored.push([version, batch.lsnStart]); end = batch.lsnEnd },
      checkpoint: () => end,
      shutdown() {},
    }
  },
})
const plugin = (version) => ({
  manifest: { id: 'warehouse', version },
  register: (registrar) => { registrar.provide(cdcOutput, warehouse(version)) },
})

const log = new MemoryCommitLog()
const host = new PluginHost({ strategies: [cdcHandoff({ canResume: (lsn) => log.canReadFrom(lsn) })] })
const handle = await host.add(plugin('1.0.0'))

const pump = new CdcPump({ host, log, checkpoints: new MemoryCheckpointStore() })
await pump.start('orders', 'warehouse')                                // stream 'orders', of the provider 'warehouse'

const commit = (...ids) => {
  const [mutations] = tableFromArrays({ id: Int32Array.from(ids) }).batches
  log.append(mutations)
}
commit(1, 2, 3)
await pump.caughtUp()                                                  // everything committed so far is delivered
await host.reload(handle, plugin('2.0.0'))
commit(4)
await pump.caughtUp()

console.log(stored)                                                    // [['1.0.0', 0n], ['2.0.0', 3n]]
await pump.stop()
