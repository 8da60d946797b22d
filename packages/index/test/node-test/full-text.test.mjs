import { test } from 'node:test' // Vitest's `test` fits as well
import { runIndexConformance } from '@uni/reload-index/testing'
import { batchOf, fullText } from './full-text.mjs'

const doc = (nth, foxes) => ({ id: `d${nth}`, text: `${'fox '.repeat(foxes)}owl ${nth}` })

runIndexConformance({
  test,
  make: () => ({
    provider: fullText,
    source: batchOf([doc(1, 1), doc(2, 3), doc(3, 9)]),
    queries: ['fox', 'owl 2', '100'].map((text) => batchOf([{ text }])),
    change: (nth) => batchOf([doc(100 + nth, 20 + nth), doc(1 + nth % 3, 40 + nth)]),
    badChanges: [batchOf([doc(4, 1), { text: 'no id' }])],
  }),
  capabilities: { writes: true },
})
