import type { Document, Extension } from '@hocuspocus/server'
import { defineSurface, inPlaceHandoff, type Plugin } from '@uni/reload-core'
import { service } from '@uni/reload-core/surfaces'
import { Doc, applyUpdate, encodeStateAsUpdate } from 'yjs'

/** `read` throws for a document that the version cannot go on with. */
export interface DocumentKind { readonly name: string; read(update: Uint8Array): void }

export const documents = defineSurface<DocumentKind, Document>({ id: 'document', keyOf: ({ name }) => name, methods: ['read'] })

export const documentsHandoff = inPlaceHandoff(documents, {
  observe: (document) => encodeStateAsUpdate(document),
  judge(update, next) { next.read(update); return { level: 'compatible' } },
})

export const stored = new Map<string, Uint8Array>()  // stands for a database

export const editing = (version: string, check: (copy: Doc) => void = () => {}): Plugin => ({
  manifest: { id: 'editing', version },
  register: (registrar) => {
    const extension: Extension = {
      onLoadDocument: async ({ documentName }) => stored.get(documentName),
      onStoreDocument: async ({ documentName, document }) => { stored.set(documentName, encodeStateAsUpdate(document)) },
      onStateless: async ({ connection }) => { connection.sendStateless(version) },
    }
    registrar.provide(service, { name: 'editing', service: extension })
    registrar.provide(documents, { name: 'text', read(update) { const copy = new Doc(); applyUpdate(copy, update); check(copy) } })
  },
})
