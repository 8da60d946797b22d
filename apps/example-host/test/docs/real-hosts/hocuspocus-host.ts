import { Server, type Extension } from '@hocuspocus/server'
import { PluginHost } from '@uni/reload-core'
import { serviceHandoff, serviceOf } from '@uni/reload-core/surfaces'
import { documents, documentsHandoff, editing } from './hocuspocus-editing.js'

const host = new PluginHost({ strategies: [serviceHandoff(), documentsHandoff] })
const handle = await host.add(editing('1.0.0'))
const inHost: Extension = {
  priority: 1000,  // before what is replaced: the name is free as soon as its document is gone
  afterLoadDocument: ({ document }) => host.attach(documents, { name: document.name, key: 'text', open: () => document }),
  afterUnloadDocument: ({ documentName }) => host.resource(documents, documentName).detach(),
}

const server = new Server({ port: 0, quiet: true, extensions: [inHost, serviceOf<Extension>(host, 'editing')] })

export { handle, host, server }
