import { runCommitLogConformance } from '@uni/reload-cdc/testing'
import { describe, test } from 'vitest'
import { DocumentStore } from '../../src/host/document-store.js'
import { tempDirectory } from '../plugins/support/temp-directory.js'

describe('the log of the documents', () => {
  runCommitLogConformance({
    test,
    capabilities: { durable: true },
    async make() {
      const directory = await tempDirectory()
      let store = new DocumentStore(directory.path)
      let revision = 0
      return {
        get log() {
          return store
        },
        async commit(rows) {
          const changes = Array.from({ length: rows }, (_, at) => ({
            id: `${at}`,
            revision: (revision += 1),
            deleted: false,
            title: '',
            details: '',
          }))
          await store.commit(changes, () => Promise.resolve())
        },
        async reopen() {
          await store.close()
          return (store = new DocumentStore(directory.path))
        },
        async dispose() {
          await store.close()
          await directory[Symbol.asyncDispose]()
        },
      }
    },
  })
})
