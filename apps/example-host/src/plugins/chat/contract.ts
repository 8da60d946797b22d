import { connections } from '@uni/reload-state'

/** What a plugin needs of a connection, such as a WebSocket. */
export interface ChatSocket {
  send(text: string): void
}

/** What a client is sent: what somebody has said, and the version that passed it on. */
export interface ChatMessage {
  readonly version: string
  readonly text: string
}

export const chat = connections<ChatSocket, string>('chat')
