import { readFile, writeFile } from 'node:fs/promises'
import { compileFunction } from 'node:vm'
import { PluginHost, type Plugin } from '@uni/reload-core'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { assertServes, functionOf, type Code } from '../code.js'
import { answerRounds } from '../rounds.js'

/**
 * A host that is given each version as a function. Node lets go of one that nobody refers to; it never does of a module, nor
 * V8's cache of a `Script`.
 */
const FILE = new URL('plugin.js', import.meta.url)

async function load(version: number): Promise<Plugin> {
  await writeFile(FILE, functionOf(version))
  const code = compileFunction(await readFile(FILE, 'utf8'))() as Code
  return {
    manifest: { id: 'code', version: `${version}.0.0` },
    register: (registrar) => {
      registrar.provide(scalarFn, {
        name: 'call',
        call: (value) => (value === undefined ? code.version : code.call(Number(value))),
      })
    },
  }
}

const host = new PluginHost({ strategies: [scalarFnHandoff()] })
let handle = await host.add(await load(0))
answerRounds(async (version) => {
  const result = await host.reload(handle, await load(version))
  handle = result.handle
  await result.finalized
  using lease = host.capture()
  const provider = lease.get(scalarFn, 'call')
  assertServes({ version: Number(provider.call()), call: (value) => Number(provider.call(value)) }, version)
})
