import { runStrategyConformance, type StrategySubject } from '@uni/reload-core/testing'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { memory, memoryHandoff, openMemory, type Memory, type MemoryProvider } from '../../src/index.js'

type Provider = MemoryProvider<number[], number>
const lists = memory<number[], number>('lists')

/** Lists of the numbers of their writes. */
const subject: StrategySubject<Provider, Memory<number[], number>, number> = {
  scene: () => ({
    provider: (name) => ({
      name,
      initial: async () => [],
      apply: async (list, nth) => {
        list.push(nth)
      },
      migrate: async (list) => list,
      schema: z.array(z.number()),
    }),
    resources: {
      open: (provider) => openMemory<number[], number>()(provider),
      write: (_name, nth) => nth,
      entries: ({ value }) => value,
      madeOf: ({ provider }) => provider,
    },
  }),
}

describe('the fault matrix of values in memory', async () => {
  await runStrategyConformance({ test: it, strategy: memoryHandoff(lists), subject })
})
