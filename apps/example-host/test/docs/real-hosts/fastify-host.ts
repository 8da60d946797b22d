import { createServer } from 'node:http'
import { PluginHost } from '@uni/reload-core'
import { serviceHandoff, serviceOf } from '@uni/reload-core/surfaces'
import { connectionsHandoff, memoryHandoff, openHub } from '@uni/reload-state'
import { WebSocketServer } from 'ws'
import { chat, pages, visits, type Web } from './fastify-pages.js'

const host = new PluginHost({ strategies: [serviceHandoff(), memoryHandoff(visits), connectionsHandoff(chat)] })
const handle = await host.add(pages('1.0.0'))
const web = serviceOf<Web>(host, 'web')
const lobby = await openHub(host, chat, { name: 'lobby', key: 'lobby', onError: (error) => { console.error(error) } })

const server = createServer((request, response) => { web.handle(request, response) }).listen(0)
new WebSocketServer({ server }).on('connection', (socket) => {
  void lobby.add(socket)
  socket.on('message', (text: Buffer) => { void lobby.receive(socket, text.toString()) })
  socket.on('close', () => { void lobby.remove(socket) })
})

export { handle, host, server }
