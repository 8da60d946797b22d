import { defineSurface, type Surface } from '@uni/reload-core'
import type { ConnectionsProvider } from './contract.js'
import type { Roster } from './roster.js'

export type ConnectionsSurface<C, M> = Surface<ConnectionsProvider<C, M>, Roster<C, M>, M>

/**
 * A surface of connections, which the host and the plugins share.
 *
 * @param id of the surface.
 */
export function connections<C, M>(id: string): ConnectionsSurface<C, M> {
  return defineSurface<ConnectionsProvider<C, M>, Roster<C, M>, M>({
    id,
    keyOf: ({ name }) => name,
    methods: ['received', 'send'],
    apply: (roster, message) => roster.broadcast(message),
  })
}
