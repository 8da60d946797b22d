import type { Plugin } from '@uni/reload-core'
import type { ConnectionsProvider, Hub } from '@uni/reload-state'
import { chat, type ChatMessage, type ChatSocket } from './contract.js'

/** A chat in which everybody hears everything. */
export function chatV1(): Plugin {
  return {
    manifest: { id: 'chat', version: '1.0.0', capabilities: [chat.id] },
    register: (registrar) => {
      registrar.provide(chat, new ChatV1())
    },
  }
}

class ChatV1 implements ConnectionsProvider<ChatSocket, string> {
  readonly version = '1.0.0'
  readonly name = 'lobby'
  readonly protocol = 'chat.1'

  received(_socket: ChatSocket, text: string, hub: Hub<ChatSocket, string>): Promise<void> {
    return hub.broadcast(text)
  }

  send(socket: ChatSocket, text: string): void {
    socket.send(JSON.stringify({ version: this.version, text } satisfies ChatMessage))
  }
}
