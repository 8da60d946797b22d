import type { Plugin } from '@uni/reload-core'
import { withManifest } from '../manifest/plugin-of.js'
import type { StoredVersion } from './stored-version.js'

/**
 * The plugin of a version, under the version that it is stored as. Until it is registered, the version stays in the
 * store as long as anything reaches the plugin; from then on, until the lifetime that it is registered for has ended. A
 * plugin that is registered once more, such as after a dry run, holds the version once more.
 *
 * @param putAgain puts what it was loaded from into the store: a collection may have removed it since a lifetime has
 * ended.
 */
export function heldPlugin(
  plugin: Plugin,
  { version, hold }: Pick<StoredVersion, 'version' | 'hold'>,
  putAgain: () => Promise<Pick<StoredVersion, 'hold'>>,
): Plugin {
  let unregistered = true
  const held = withManifest(plugin, { ...plugin.manifest, version })
  const { register } = held
  held.register = (registrar) => {
    if (unregistered) {
      unregistered = false
      // What is handed in first is run last: the version stays until all else of it is over.
      registrar.onDispose(() => void hold.letGo())
      return register(registrar)
    }
    return putAgain().then((again) => {
      registrar.onDispose(() => void again.hold.letGo())
      return register(registrar)
    })
  }
  hold.lastAsLongAs(held)
  return held
}
