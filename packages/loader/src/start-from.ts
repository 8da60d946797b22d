import type { PluginHandle, PluginHost } from '@uni/reload-core'
import type { RecoveryPlan } from '@uni/reload-core/node'
import { installFrom } from './install-from.js'
import type { RunOptions } from './load-options.js'
import type { PluginStore } from './store/plugin-store.js'
import type { ReadOnlyStore } from './store/read-only-store.js'

/** How each plugin of a plan is run: a package's digest is that of one plugin. */
export type StartOptions = Omit<RunOptions, 'integrity'>

/**
 * Starts the plugins that a journal comes back on, each in its permanent version, from the store, with one commit. A
 * first run has none.
 *
 * @throws LoadError where one of them cannot be loaded, ReloadError where it cannot be installed: none is then.
 */
export async function startFrom(
  host: Pick<PluginHost, 'addAll'>,
  store: PluginStore | ReadOnlyStore,
  plan: RecoveryPlan,
  options?: StartOptions,
): Promise<PluginHandle[]> {
  const plugins = []
  for (const { id, version } of plan.plugins.values()) {
    if (version !== undefined) plugins.push((await installFrom(store, id, version, options)).plugin)
  }
  return await host.addAll(plugins, { signal: options?.signal })
}
