import { test } from 'node:test'
import { runIndexConformance } from '@uni/reload-index/testing'
import { batchOf, fullText } from './full-text.mjs'

/** Images of it are opened for ever. */
const broken = { kind: 'fulltext', build: (source) => fullText.build(source), open: () => new Promise(() => {}) }

const doc = (nth, foxes) => ({ id: `d${nth}`, text: `${'fox '.repeat(foxes)}owl ${nth}` })

runIndexConformance({
  test,
  make: () => ({
    provider: broken,
    source: batchOf([doc(1, 1), doc(2, 3), doc(3, 9)]),
    queries: [batchOf([{ text: 'fox' }])],
    change: (nth) => batchOf([doc(100 + nth, 20 + nth), doc(1 + nth % 3, 40 + nth)]),
  }),
  capabilities: { writes: true },
  deadlineMs: 200,
})
