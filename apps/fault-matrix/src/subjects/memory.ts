import type { StrategySubject } from '@uni/reload-core/testing'
import { memory, openMemory, type Memory, type MemoryProvider, type MemorySurface } from '@uni/reload-state'

export const lists: MemorySurface<number[], number> = memory('value')

/** Lists of the numbers of their writes. */
export const memorySubject: StrategySubject<MemoryProvider<number[], number>, Memory<number[], number>, number> = {
  scene: () => ({
    provider: (name) => ({
      name,
      initial: async () => [],
      apply: async (list, nth) => {
        list.push(nth)
      },
      migrate: async (list) => list,
      schema: listOfNumbers,
    }),
    resources: {
      open: (provider) => openMemory<number[], number>()(provider),
      write: (_name, nth) => nth,
      entries: ({ value }) => value,
      madeOf: ({ provider }) => provider,
    },
  }),
}

/** As any library's: what it needs of one is this. */
const listOfNumbers: NonNullable<MemoryProvider<number[], number>['schema']> = {
  '~standard': {
    version: 1,
    vendor: 'by hand',
    validate: async (value) =>
      Array.isArray(value) && value.every((number) => typeof number === 'number')
        ? { value }
        : { issues: [{ message: 'no list of numbers' }] },
  },
}
