import { defineSurface, type MaybePromise, type Surface } from '@uni/reload-core'
import type { Hub } from './hub.js'
import type { Roster } from './roster.js'

/** What serves connections: one version of a plugin. `C` is a connection of the host's, `M` a message. */
export interface ConnectionsProvider<C, M> {
  /** Its key. */
  readonly name: string
  /** What the clients speak. A version that speaks something else is refused while anybody is connected. */
  readonly protocol?: string
  /** A connection has come. */
  joined?(connection: C, hub: Hub<C, M>): MaybePromise<void>
  /** A connection has gone. */
  left?(connection: C, hub: Hub<C, M>): MaybePromise<void>
  /** One message of a connection. Each connection has one at a time, in order. */
  received(connection: C, message: M, hub: Hub<C, M>): MaybePromise<void>
  /** Sends a broadcast to one of the connections. */
  send(connection: C, message: M): MaybePromise<void>
}

export type ConnectionsSurface<C, M> = Surface<ConnectionsProvider<C, M>, Roster<C, M>, M>

/**
 * A surface of connections, to be shared by the host and the plugins.
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
