import * as Y from 'yjs'

class NoteState {
  #doc = new Y.Doc()
  values = 'isolated'
  apply(op) {
    Y.decodeUpdate(op)
    Y.applyUpdate(this.#doc, op)
  }
  merge(other) { Y.applyUpdate(this.#doc, other.persist()) }
  value() { return { text: this.#doc.getText('text').toJSON() } }
  persist() { return Y.encodeStateAsUpdate(this.#doc) }
  close() { this.#doc.destroy() }
}

function open(...updates) {
  const state = new NoteState()
  for (const update of updates) state.apply(update)
  return state
}

function typed(text, clientId) {
  const doc = new Y.Doc()
  doc.clientID = clientId
  doc.getText('text').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

/** The kind of the README's first example. */
export const notes = {
  kind: 'notes',
  empty: () => open(),
  fromPersisted: (bytes) => open(bytes),
  samples: () => [open(typed('one', 1)), Object.assign(open(typed('two', 2)), { late: [typed('three', 3)] })],
}
