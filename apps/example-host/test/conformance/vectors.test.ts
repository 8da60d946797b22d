import type { Plugin } from '@uni/reload-core'
import {
  readIndexGolden,
  runIndexConformance,
  type IndexCapabilities,
  type IndexFixture,
} from '@uni/reload-index/testing'
import type { RecordBatch } from 'apache-arrow'
import { describe, test } from 'vitest'
import { toBatch } from '../../src/host/document.js'
import { textOf } from '../../src/plugins/fulltext/rows.js'
import { embed } from '../../src/plugins/vectors/embed.js'
import { vectorsEntry } from '../../src/plugins/vectors/entry.js'
import { goldenFiles } from './support/golden-files.js'
import { documentsAfter, indexFixture } from './support/index-fixture.js'

/**
 * USearch leaves a document or two out of what it finds when the index has been changed for long, which ones by how it
 * came to be.
 */
const VECTORS: IndexCapabilities = { recall: 0.9, writes: true, isolated: true, checksum: true, files: true }
const golden = readIndexGolden(await goldenFiles('vectors'))
const vectorFixture = async (...versions: Parameters<typeof indexFixture>): Promise<IndexFixture> => ({
  ...(await indexFixture(...versions)),
  scan,
})
const v1 = (images: string): Plugin => vectorsEntry(images).v1()
const v2 = (images: string): Plugin => vectorsEntry(images).v2()

describe('vectors 1.0.0 keeps the rules of an index kind', () => {
  runIndexConformance({ test, make: () => vectorFixture(v1), capabilities: VECTORS, golden })
})

describe('vectors 2.0.0 keeps the rules of an index kind', () => {
  runIndexConformance({
    test,
    make: () => vectorFixture(v2, v1),
    capabilities: { ...VECTORS, upgrade: true, downgrade: true },
    golden,
  })
})

/** The documents most like a text, found by looking at each; whoever asks for every document gets every one. */
function scan(query: RecordBatch, k: number, changes: number): RecordBatch | undefined {
  const text = textOf(query)
  if (text === '') return undefined
  const wanted = embed(text)
  const likeness = (vector: Float32Array): number =>
    vector.reduce((sum, value, at) => sum + value * (wanted[at] as number), 0)
  const ranked = documentsAfter(changes)
    .map((document) => ({ document, score: likeness(embed(`${document.title} ${document.details}`)) }))
    .toSorted((a, b) => b.score - a.score)
  return toBatch(ranked.slice(0, k).map(({ document }) => document)).select(['id', 'revision'])
}
