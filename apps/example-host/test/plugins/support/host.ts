import { PluginHost, type Plugin, type PluginHostOptions, type Surface } from '@uni/reload-core'
import { MemoryCommitLog, type CommitLog } from '@uni/reload-cdc'
import { strategies } from '../../../src/host/strategies.js'

/** A host with the strategies of the example host, and one plugin. */
export async function hostWith(
  plugin: Plugin,
  { log = new MemoryCommitLog(), ...options }: Partial<PluginHostOptions> & { log?: CommitLog } = {},
): Promise<PluginHost> {
  const host = new PluginHost({ ...options, strategies: strategies({ log }) })
  await host.add(plugin)
  return host
}

/** The version that serves under a key, as its provider says it. */
export function servingVersion<P, R, W>(host: PluginHost, surface: Surface<P, R, W>, key: string): unknown {
  using lease = host.capture()
  return (lease.get(surface, key) as { readonly version?: unknown }).version
}
