import { test } from 'node:test'
import { runCrdtConformance } from '@uni/reload-crdt/testing'
import * as Y from 'yjs'
import { notes } from './notes.mjs'

/** Somebody who edits elsewhere. */
function replica(id) {
  const doc = Object.assign(new Y.Doc(), { clientID: id })
  const text = doc.getText('text')
  return {
    receive: (op) => Y.applyUpdate(doc, op),
    edit(random) {
      const before = Y.encodeStateVector(doc)
      if (text.length > 0 && random() < 0.3) text.delete(0, 1)
      else text.insert(Math.floor(random() * text.length), `${id}`)
      return Y.encodeStateAsUpdate(doc, before)
    },
  }
}

runCrdtConformance({ test, make: () => ({ provider: notes, replica }) })
