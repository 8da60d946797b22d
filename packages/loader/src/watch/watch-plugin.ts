import { PluginLoader } from '../plugin-loader.js'
import { PluginWatch } from './plugin-watch.js'
import { checkedWatchOptions, type WatchOptions } from './watch-options.js'
import type { WatchedPluginHost } from './watched-host.js'

/**
 * Has the host serve what is in a plugin's files, now and after each change of one of them: installs the plugin where
 * it is not in the host, and reloads it where it is. A change that cannot be loaded, or that the host refuses, is told;
 * what served before goes on.
 *
 * @param path as `loadPlugin` takes it. It need not be there yet.
 * @returns the watch, which goes on until it is disposed of.
 * @throws TypeError or RangeError for malformed options.
 */
export function watchPlugin(host: WatchedPluginHost, path: string | URL, options?: WatchOptions): PluginWatch {
  const checked = checkedWatchOptions(options)
  return new PluginWatch(host, new PluginLoader(path, checked.load ?? {}), checked)
}
