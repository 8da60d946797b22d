import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { leftBy } from './leak-watch.js'
import { expectNothingLeft } from './no-leaks.js'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy, type StoreDiscipline } from '../fixtures/store.js'

const RELOADS = 1_000

/**
 * A host with one store, which is written to and read while its plugin is reloaded: in turn beside its readers, without
 * them, and in vain.
 */
async function reloading(discipline: StoreDiscipline) {
  const clock = new ManualClock()
  const { signal } = new AbortController()
  const host = new PluginHost({ strategies: [storeStrategy(discipline)], clock })
  const medium: number[] = []
  const surface = STORES[discipline]
  let serving = new StorePlugin('1.0.0', { discipline, medium })
  let handle = await host.add(serving)
  const store = await host.attach(surface, openStore('store'))

  async function overlap(next: StorePlugin): Promise<void> {
    const lease = host.capture({ signal })
    const result = await host.reload(handle, next, { signal })
    lease[Symbol.dispose]()
    handle = result.handle
    expect((await result.finalized).status).toBe('finalized')
  }

  async function exclusive(next: StorePlugin): Promise<void> {
    const result = await host.reload(handle, next, { signal, cutover: 'exclusive' })
    handle = result.handle
    expect((await result.finalized).status).toBe('finalized')
  }

  async function reload(nth: number, gone: (object: object) => void): Promise<void> {
    const next = new StorePlugin(`1.0.${nth + 1}`, { discipline, medium })
    const writing = store.write(nth)
    if (nth % 3 === 2) {
      next.provider.breakNext('open', () => {
        throw new Error('no disk')
      })
      expect((await refusalOf(host.reload(handle, next, { signal }))).code).toBe('HANDOFF')
      gone(next)
    } else {
      const old = serving
      await (nth % 3 === 0 ? overlap(next) : exclusive(next))
      serving = next
      gone(old)
    }
    await writing
  }

  const entries = (): readonly number[] => {
    using lease = host.capture()
    return lease.resource(surface, 'store').entries
  }
  return { clock, signal, reload, entries }
}

// Errors are made on purpose, and nobody looks at their stacks.
Error.stackTraceLimit = 0

describe(`I12 ${RELOADS} reloads leave nothing behind`, () => {
  it.each<StoreDiscipline>(['clean', 'pre-copy', 'stop-and-copy'])(
    'of a %s resource, a third of them in vain',
    async (discipline) => {
      const { entries, ...host } = await reloading(discipline)
      expectNothingLeft(await leftBy({ ...host, reloads: RELOADS }), RELOADS)
      expect(entries()).toEqual(Array.from({ length: RELOADS }, (_, nth) => nth))
    },
  )
})
