import { PluginHost, type Plugin } from '@uni/reload-core'
import { strategies as strategiesOf } from '../../src/host/strategies.js'
import { MemoryCommitLog } from '@uni/reload-cdc'

const strategies = strategiesOf({ log: new MemoryCommitLog() })

function load(id: string, version: string): Plugin {
  return { manifest: { id, version }, register() {} }
}

import { FileJournal } from '@uni/reload-core/node'

const { journal, plan } = await FileJournal.open('data/plugins.journal')
const host = new PluginHost({ strategies, journal })
await host.addAll([...plan.plugins.values()].flatMap(({ id, version }) => version === undefined ? [] : [load(id, version)]))

export { host, journal, load, plan }
