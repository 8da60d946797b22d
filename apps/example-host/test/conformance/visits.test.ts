import type { MemoryProvider } from '@uni/reload-state'
import { runMemoryConformance } from '@uni/reload-state/testing'
import { describe, test } from 'vitest'
import { visits, type Visit, type Visits } from '../../src/plugins/visits/contract.js'
import { visitsEntry as entry } from '../../src/plugins/visits/entry.js'
import { providerOf } from '../plugins/support/providers.js'
import { storedImages } from './support/stored-images.js'
import { VISITS } from './support/memory-writes.js'

const stored = await storedImages('visits')

describe.each(['v1', 'v2'] as const)('visits %s keeps the rules of values in memory', (version) => {
  const make = (): MemoryProvider<Visits, Visit> => providerOf(entry[version](), visits)
  runMemoryConformance({ test, make, writes: VISITS, stored })
})
