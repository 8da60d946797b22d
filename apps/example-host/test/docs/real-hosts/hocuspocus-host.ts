import { Server } from '@hocuspocus/server'
import type { PluginHandle } from '@uni/reload-core'
import { reloadHocuspocus } from '@uni/reload-hocuspocus'
import { editing } from './hocuspocus-editing.js'

const server = new Server({ port: 0, quiet: true })
const { host } = await reloadHocuspocus(server, { plugins: [editing('1.0.0')] })

const handle = host.plugin('editing') as PluginHandle
export { handle, host, server }
