import type { MaybePromise } from '@uni/reload-core'

/** What serves connections: one version of a plugin. `C` is a connection of the host's, `M` a message. */
export interface ConnectionsProvider<C, M> {
  /** Its key. */
  readonly name: string
  /** What the clients speak. A version that speaks something else is refused while anybody is connected. */
  readonly protocol?: string | undefined
  /** A connection has come. */
  joined?(connection: C, hub: Connected<C, M>): MaybePromise<void>
  /** A connection has gone. */
  left?(connection: C, hub: Connected<C, M>): MaybePromise<void>
  /** One message of a connection. Each connection has one at a time, in order. */
  received(connection: C, message: M, hub: Connected<C, M>): MaybePromise<void>
  /** Sends a broadcast to one of the connections. */
  send(connection: C, message: M): MaybePromise<void>
}

/** Who is connected: what a version reaches the other connections by. */
export interface Connected<C, M> {
  readonly connections: ReadonlySet<C>
  /** Sends to every connection, once. Broadcasts go out in order; resolves when this one has. */
  broadcast(message: M): Promise<void>
  /** Lets a connection go; no broadcast reaches it any more. Resolves when the provider's `left` has seen to it. */
  remove(connection: C): Promise<void>
}
