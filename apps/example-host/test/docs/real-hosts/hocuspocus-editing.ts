import type { Plugin } from '@uni/reload-core'
import { extensionPlugin } from '@uni/reload-hocuspocus'
import { encodeStateAsUpdate, type Doc } from 'yjs'

export const stored = new Map<string, Uint8Array>()

export const editing = (version: string, check: (copy: Doc) => void = () => {}): Plugin => extensionPlugin({
  manifest: { id: 'editing', version },
  extensions: () => [{
    onLoadDocument: async ({ documentName }) => stored.get(documentName),
    onStoreDocument: async ({ documentName, document }) => { stored.set(documentName, encodeStateAsUpdate(document)) },
    onStateless: async ({ connection }) => { connection.sendStateless(version) },
  }],
  read: (document) => { check(document) },
})
