import { digestOf } from './digest.js'
import { checkLoadOptions, type LoadOptions } from './load-options.js'
import type { LoadedPlugin } from './loaded-plugin.js'
import { refuseAborted } from './refuse-aborted.js'
import { PluginLoader } from './plugin-loader.js'

/**
 * Bundles the plugin at that path, evaluates it, and gives what `host.add` and `host.reload` take. When nothing refers
 * to the plugin any more, its code is collected. With a `store`, it is on the disk when this resolves: what a journal
 * says of the version from then on can be started after a crash.
 *
 * @param path of a file (JavaScript or TypeScript); of a folder with a `package.json` or an `index` file; or of a
 * package as `npm pack` makes it (`.tgz`).
 * @throws LoadError where it cannot be loaded: nothing of it is kept then. TypeError for malformed options.
 */
export async function loadPlugin(path: string | URL, options?: LoadOptions): Promise<LoadedPlugin> {
  const { signal, ...how } = checkLoadOptions(options, 'loadPlugin options')
  refuseAborted(signal)
  const loader = new PluginLoader(path, how)
  const built = await loader.bundle()
  try {
    refuseAborted(signal)
    return await loader.load(built, digestOf(built.bundle.code))
  } finally {
    await built.opened?.hold.letGo()
  }
}
