import { it } from 'vitest'
import { PluginHost, type Plugin } from '@uni/reload-core'
import { crdtHandoff, crdtKind, type CrdtKindProvider, type CrdtState } from '../src/index.js'
import * as Y from 'yjs'
it('readme', async () => {

class NoteState implements CrdtState {
  readonly #doc = new Y.Doc()
  apply(op: Uint8Array) { Y.applyUpdate(this.#doc, op) }
  merge(other: CrdtState) { Y.applyUpdate(this.#doc, other.persist()) }
  value() { return { text: this.#doc.getText('text').toJSON() } }
  persist() { return Y.encodeStateAsUpdate(this.#doc) }
  close() { this.#doc.destroy() }
}

function open(...updates: Uint8Array[]): CrdtState {
  const state = new NoteState()
  for (const update of updates) state.apply(update)
  return state
}

function typed(text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

const notes: CrdtKindProvider = {
  kind: 'notes',
  empty: () => open(),
  fromPersisted: (bytes) => open(bytes),
  samples: () => [open(typed('one')), open(typed('two')), open(typed('three'), typed('four'))],
}

const version = (version: string): Plugin => ({
  manifest: { id: 'notes-plugin', version },
  register: (registrar) => { registrar.provide(crdtKind, notes) },
})

await using host = new PluginHost({ strategies: [crdtHandoff()] })
const v1 = await host.add(version('1.0.0'))
const minutes = await host.attach(crdtKind, { name: 'minutes', key: 'notes', open: (kind) => kind.empty() })

await minutes.write(typed('Hello'))                        // an operation, from whichever replica
const { report } = await host.reload(v1, version('2.0.0'))   // writers go on meanwhile
console.log(report.handoffs, await minutes.use((state) => state.value()))

})
