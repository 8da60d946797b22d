import { cleanHandoff, defineSurface, type HandoffStrategy, type Surface } from '@uni/reload-core'
import type { AppVersion } from './app-version.js'

/** The id of the plugin that an app is to its host, and the key of what it provides. */
export const APP = 'app'

export const appSurface: Surface<AppVersion> = defineSurface<AppVersion>({ id: 'fastify', keyOf: () => APP })

/**
 * Clean: a request that has begun ends with the version that it began with. A version has to take over the WebSockets
 * that are connected, before anything is replaced; in the turn of the commit they are its own.
 */
export function appHandoff(): HandoffStrategy<AppVersion> {
  return {
    ...cleanHandoff(appSurface),
    checkCompat: ({ next }) => next.judgeConnected(),
    committed({ added, replaced }) {
      added.get(APP)?.begin()
      replaced.get(APP)?.old.leave()
      replaced.get(APP)?.next.begin()
    },
  }
}
