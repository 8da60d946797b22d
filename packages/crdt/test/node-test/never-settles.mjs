import { test } from 'node:test'
import { runCrdtConformance } from '@uni/reload-crdt/testing'
import { notes } from './notes.mjs'

/** Documents of it are opened for ever. */
const broken = { kind: 'notes', empty: () => notes.empty(), fromPersisted: () => new Promise(() => {}) }

runCrdtConformance({
  test,
  make: () => ({ provider: broken, replica: () => ({ receive() {}, edit: () => notes.samples()[0].persist() }) }),
  capabilities: { samples: false },
  deadlineMs: 200,
})
