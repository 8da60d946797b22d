import type { Plugin } from '@uni/reload-core'
import { readIndexGolden, runIndexConformance, type IndexCapabilities } from '@uni/reload-index/testing'
import { describe, test } from 'vitest'
import { vectorsEntry } from '../../src/plugins/vectors/entry.js'
import { goldenFiles } from './support/golden-files.js'
import { indexFixture } from './support/index-fixture.js'

const VECTORS: IndexCapabilities = { writes: true, isolated: true, checksum: true, files: true }
const golden = readIndexGolden(await goldenFiles('vectors'))
const v1 = (images: string): Plugin => vectorsEntry(images).v1()
const v2 = (images: string): Plugin => vectorsEntry(images).v2()

describe('vectors 1.0.0 keeps the rules of an index kind', () => {
  runIndexConformance({ test, make: () => indexFixture(v1), capabilities: VECTORS, golden })
})

describe('vectors 2.0.0 keeps the rules of an index kind', () => {
  runIndexConformance({ test, make: () => indexFixture(v2, v1), capabilities: { ...VECTORS, upgrade: true, downgrade: true }, golden })
})
