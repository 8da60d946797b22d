import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { leftBy } from './leak-watch.js'
import { expectNothingLeft } from './no-leaks.js'

const RELOADS = 1_000
const BAKE_MS = 100

class Version extends TestPlugin {
  readonly #copying: StoreProvider

  constructor(number: string) {
    const copying = new StoreProvider('stores', number)
    super('both', number, {
      register: (registrar) => {
        registrar.provide(STORES['pre-copy'], copying).provide(STORES.clean, new StoreProvider('stores', number))
      },
    })
    this.#copying = copying
  }

  /** The toy keeps every image that it gave: where each reload is taken back, that is one a reload, and no leak. */
  forget(): void {
    this.#copying.images.length = 0
  }
}

/**
 * A host with one resource that is copied and one that is not, whose plugin is reloaded with a period in which it can
 * go back.
 */
async function baking(healthy: boolean) {
  const clock = new ManualClock()
  const { signal } = new AbortController()
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy'), storeStrategy('clean')], clock })
  let serving = new Version('1.0.0')
  let handle = await host.add(serving)
  const copied = await host.attach(STORES['pre-copy'], openStore('copied'))
  const store = await host.attach(STORES.clean, openStore('stores'))

  async function reload(nth: number, gone: (object: object) => void): Promise<void> {
    const next = new Version(`1.0.${nth + 1}`)
    const result = await host.reload(handle, next, { signal, bake: { ms: BAKE_MS, healthy: () => healthy } })
    await Promise.all([copied.write(nth), store.write(nth)])
    clock.advance(BAKE_MS)
    const { bake } = await result.finalized
    expect(bake?.outcome).toBe(healthy ? 'healthy' : 'taken-back')
    serving.forget()
    for (const object of [healthy ? serving : next, result]) gone(object)
    if (healthy) serving = next
    handle = bake?.outcome === 'taken-back' ? (bake.results[0]?.handle ?? handle) : result.handle
  }

  const entries = (): readonly number[] => {
    using lease = host.capture({ signal })
    return lease.resource(STORES['pre-copy'], 'copied').entries
  }
  return { clock, signal, reload, entries }
}

describe(`I12 ${RELOADS} reloads that can be taken back leave nothing behind`, () => {
  it.each([
    ['that are not', true],
    ['that are', false],
  ])('%s', async (_, healthy) => {
    const { entries, ...host } = await baking(healthy)
    expectNothingLeft(await leftBy({ ...host, reloads: RELOADS }), 2 * RELOADS)
    expect(entries()).toEqual(Array.from({ length: RELOADS }, (__, nth) => nth))
  })
})
