import { PluginHost } from '@uni/reload-core'
import { crdtHandoff, crdtKind, type CrdtKindProvider, type CrdtState } from '@uni/reload-crdt'

const stateOf = (text: string): CrdtState => ({ apply() {}, merge() {}, value: () => ({ text }), persist: () => new TextEncoder().encode(text) })
const notes: CrdtKindProvider = { kind: 'notes', empty: () => stateOf(''), fromPersisted: (bytes) => stateOf(new TextDecoder().decode(bytes)) }
const host = new PluginHost({ strategies: [crdtHandoff()] })
await host.add({ manifest: { id: 'notes', version: '1.0.0' }, register: (registrar) => { registrar.provide(crdtKind, notes) } })
const [bytes, value] = [new TextEncoder().encode('hello'), { text: 'hello' }]

import { openStored } from '@uni/reload-crdt'

const stored = { name: 'minutes', bytes, value }
await host.attach(crdtKind, { name: 'minutes', key: 'notes', open: (kind, opening) => openStored(kind, stored, { opening }) })

export { host }
