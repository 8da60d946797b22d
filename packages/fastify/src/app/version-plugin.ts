import type { Plugin } from '@uni/reload-core'
import type { AppVersion } from './app-version.js'
import { APP, appSurface } from './surface.js'

/**
 * A version of an app, as its host takes it.
 *
 * @param number of the version, from 1 on.
 */
export function versionPlugin(version: AppVersion, number: number): Plugin {
  return {
    manifest: { id: APP, version: `${number}.0.0` },
    register(registrar) {
      registrar.provide(appSurface, version)
      return version.register(registrar)
    },
    init: () => version.boot(),
  }
}
