import { PluginHost, type Plugin } from '@uni/reload-core'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { assertServes } from './code.js'

/** A host that serves a plugin; replaces it by the next, and returns once that one serves and the old one is gone. */
export async function serving(first: Plugin): Promise<(next: Plugin, version: number) => Promise<void>> {
  const host = new PluginHost({ strategies: [scalarFnHandoff()] })
  let handle = await host.add(first)
  return async (next, version) => {
    const result = await host.reload(handle, next)
    handle = result.handle
    await result.finalized
    using lease = host.capture()
    const provider = lease.get(scalarFn, 'call')
    assertServes({ version: Number(provider.call()), call: (value) => Number(provider.call(value)) }, version)
  }
}
