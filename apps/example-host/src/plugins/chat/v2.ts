import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Plugin } from '@uni/reload-core'
import type { ConnectionsProvider, Hub } from '@uni/reload-state'
import { chat, type ChatMessage, type ChatSocket } from './contract.js'

/** The same chat, which thinks before it passes a message on: a message is under way when the version is replaced. */
export function chatV2(): Plugin {
  return {
    manifest: { id: 'chat', version: '2.0.0', capabilities: [chat.id] },
    register: (registrar) => {
      registrar.provide(chat, new ChatV2())
    },
  }
}

export class ChatV2 implements ConnectionsProvider<ChatSocket, string> {
  readonly version: string = '2.0.0'
  readonly name = 'lobby'
  readonly protocol: string = 'chat.1'

  async received(_socket: ChatSocket, text: string, hub: Hub<ChatSocket, string>): Promise<void> {
    await nextTurn()
    await hub.broadcast(text)
  }

  send(socket: ChatSocket, text: string): void {
    socket.send(JSON.stringify({ version: this.version, text } satisfies ChatMessage))
  }
}
