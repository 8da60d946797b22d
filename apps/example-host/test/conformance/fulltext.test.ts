import { readIndexGolden, runIndexConformance, type IndexCapabilities } from '@uni/reload-index/testing'
import { describe, test } from 'vitest'
import { fulltextEntry as entry } from '../../src/plugins/fulltext/entry.js'
import { goldenFiles } from './support/golden-files.js'
import { indexFixture } from './support/index-fixture.js'

const FULLTEXT: IndexCapabilities = { writes: true, isolated: true, checksum: true, files: true }
const golden = readIndexGolden(await goldenFiles('fulltext'))

describe('fulltext 1.0.0 keeps the rules of an index kind', () => {
  runIndexConformance({ test, make: () => indexFixture(entry.v1), capabilities: FULLTEXT, golden })
})

describe('fulltext 2.0.0 keeps the rules of an index kind', () => {
  runIndexConformance({
    test,
    make: () => indexFixture(entry.v2, entry.v1),
    capabilities: { ...FULLTEXT, upgrade: true, downgrade: true },
    golden,
  })
})
