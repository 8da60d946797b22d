import type { MaybePromise } from '@uni/reload-core'

/** One version of a plugin that serves connections. `C` is a connection of the host, `M` a message. */
export interface ConnectionsProvider<C, M> {
  /** The key. */
  readonly name: string
  /** The protocol that the clients use. A version with another one is refused while anybody is connected. */
  readonly protocol?: string | undefined
  /** Called when a connection was added. */
  joined?(connection: C, hub: Connected<C, M>): MaybePromise<void>
  /** Called when a connection was removed. */
  left?(connection: C, hub: Connected<C, M>): MaybePromise<void>
  /** Called with one message of a connection. The calls of one connection come one at a time, in order. */
  received(connection: C, message: M, hub: Connected<C, M>): MaybePromise<void>
  /** Sends a broadcast to one of the connections. */
  send(connection: C, message: M): MaybePromise<void>
}

/** How a version reaches the other connections. */
export interface Connected<C, M> {
  readonly connections: ReadonlySet<C>
  /** Sends to every connection once. Broadcasts go out in order; resolves when this one was sent. */
  broadcast(message: M): Promise<void>
  /** Removes a connection; no broadcast reaches it any more. Resolves after the provider's `left`. */
  remove(connection: C): Promise<void>
}
