import { writeSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import type { PluginHandle } from '@uni/reload-core'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { callsBegun, dieBefore } from './death.js'
import { PatientHost as PluginHost } from './patient-host.js'

/**
 * One life of a host: it comes back, then replaces its plugin, and says what it is about to do, and what it has done.
 */
const [reloads, die] = process.argv.slice(2) as [string, string | undefined]
const say = (line: string): void => void writeSync(1, `${line}\n`)
const strategies = [scalarFnHandoff()]

await dieBefore(die === undefined ? undefined : Number(die))

import { FileJournal } from '@uni/reload-core/node'
import { loadPlugin, PluginStore, startFrom } from '@uni/reload-loader'

const { journal, plan } = await FileJournal.open('data/plugins.journal')
const store = await PluginStore.open('data/plugins', { journal })
const host = new PluginHost({ strategies, journal })
await startFrom(host, store, plan)

const serving = (): number | undefined =>
  host.run((lease) => lease.find(scalarFn, 'value')?.call()) as number | undefined
const first = serving() ?? 0
say(`back ${first} of ${(await store.versions()).length}`)
await mkdir('plugins', { recursive: true })
for (let number = first + 1; number <= first + Number(reloads); number += 1) {
  const source = `
    import { scalarFn } from '@uni/reload-core/surfaces'
    export default {
      manifest: { id: 'it', version: '${number}.0.0' },
      register(registrar) { registrar.provide(scalarFn, { name: 'value', arity: 0, call: () => ${number} }) },
    }`
  await writeFile('plugins/it.ts', source)
  const { plugin } = await loadPlugin('plugins/it.ts', { store })
  say(`loaded ${number}`)
  // From here on the source is nothing to a host that comes back.
  await writeFile('plugins/it.ts', 'throw new Error("this is not from the store")')
  const old = host.plugins().find(({ state }) => state === 'active')
  let handle: PluginHandle
  if (old === undefined) {
    say(`permanent? ${number}`)
    handle = await host.add(plugin)
  } else {
    const result = await host.reload(old, plugin)
    handle = result.handle
    if (serving() !== number) throw new Error(`${serving()} serves in place of ${number}`)
    if (number % 3 === 0) continue
    say(`permanent? ${number}`)
    await host.makePermanent(handle)
    // Then the version before is closed.
    await result.finalized
  }
  say(`permanent ${number}`)
}
await host.close()
await store.collect()
say(`done ${callsBegun()} with ${(await store.versions()).length}`)
await store[Symbol.asyncDispose]()
await journal[Symbol.asyncDispose]()
process.exit(0)
