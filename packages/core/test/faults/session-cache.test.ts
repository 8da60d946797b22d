import { runStrategyConformance, type StrategySubject } from '@uni/reload-core/testing'
import { describe, it } from 'vitest'
import {
  sessionCacheHandoff,
  type Cache,
  type CacheProvider,
  type CacheWrite,
  type Dump,
} from '../fixtures/session-cache.js'

class MemoryCache implements Cache {
  /** Every write, in order: one that was made twice shows. */
  readonly writes: CacheWrite[]
  #open = true

  constructor(writes: Dump = []) {
    if (!Array.isArray(writes)) throw new TypeError('what is to be loaded is no dump')
    this.writes = [...writes]
  }

  get size(): number {
    return this.writes.length
  }

  async set(key: string, value: string): Promise<void> {
    if (!this.#open) throw new Error('the cache is closed')
    this.writes.push({ key, value })
  }

  async dump(): Promise<Dump> {
    return [...this.writes]
  }

  async close(): Promise<void> {
    this.#open = false
  }
}

const subject: StrategySubject<CacheProvider, Cache, CacheWrite> = {
  gives: { cache: { methods: ['set', 'dump', 'close'], ends: 'close' } },
  scene: () => ({
    provider: (name) => ({
      name,
      format: 'json',
      create: async () => new MemoryCache(),
      load: async (dump) => new MemoryCache(dump),
    }),
    resources: {
      open: (provider) => provider.create(),
      write: (_name, nth) => ({ key: `session ${nth}`, value: String(nth) }),
      entries: (cache) => (cache as MemoryCache).writes.map(({ value }) => Number(value)),
    },
  }),
}

describe('the fault matrix of the kind that docs/writing-a-kind.md prints', async () => {
  await runStrategyConformance({ test: it, strategy: sessionCacheHandoff(), subject })
})
