import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Hub } from '@uni/reload-state'
import { WebSocketServer, type WebSocket } from 'ws'
import type { ChatSocket } from '../plugins/chat/contract.js'

/** Has WebSockets of this machine join a chat. */
export class ChatServer implements AsyncDisposable {
  readonly #server: WebSocketServer

  private constructor(server: WebSocketServer) {
    this.#server = server
  }

  static async listen(hub: Hub<ChatSocket, string>): Promise<ChatServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    server.on('connection', (socket) => join(hub, socket))
    await once(server, 'listening')
    return new ChatServer(server)
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate()
    await new Promise((closed) => {
      this.#server.close(closed)
    })
  }
}

function join(hub: Hub<ChatSocket, string>, socket: WebSocket): void {
  void hub.add(socket)
  socket.on('message', (data) => void hub.receive(socket, String(data)))
  socket.on('close', () => void hub.remove(socket))
}
