import type { MemoryProvider } from '@uni/reload-state'
import { runMemoryConformance } from '@uni/reload-state/testing'
import { describe, test } from 'vitest'
import { drafts, type Draft } from '../../src/plugins/drafts/contract.js'
import { draftsEntry as entry } from '../../src/plugins/drafts/entry.js'
import { providerOf } from '../plugins/support/providers.js'
import { LINES } from './support/memory-writes.js'
import { storedImages } from './support/stored-images.js'

const stored = await storedImages('drafts')

describe.each(['v1', 'v2'] as const)('drafts %s keeps the rules of values in memory', (version) => {
  const make = (): MemoryProvider<Draft, string> => providerOf(entry[version](), drafts)
  runMemoryConformance({ test, make, writes: LINES, stored })
})
