import { cleanHandoff, closeAside, PluginHost, type ReloadEvent } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, Store } from '../fixtures/store.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'

const broken = (): never => {
  throw new Error('it is stuck')
}

function watched() {
  const events: ReloadEvent[] = []
  return {
    observer: (event: ReloadEvent) => {
      events.push(event)
    },
    unclean: () => events.flatMap((event) => (event.type === 'unclean' ? [event.error] : [])),
  }
}

describe('what could not be closed, and fails nothing else', () => {
  it('I10 is told the observer where it came too late', async () => {
    const clock = new ManualClock()
    const { observer, unclean } = watched()
    await using host = new PluginHost({
      clock,
      observer,
      timeouts: { open: 100 },
      strategies: [storeStrategy('clean', { close: broken })],
    })
    await host.add(cleanStores('1.0.0'))
    const late = new Deferred<Store>()
    const attaching = refusalOf(host.attach(STORES.clean, { ...openStore('main'), open: () => late.promise }))
    await turn()
    clock.advance(100)
    expect(await attaching).toMatchObject({ code: 'STEP_TIMEOUT', step: 'open' })
    expect(unclean()).toEqual([])
    late.resolve(new StoreProvider('stores', '1.0.0').make([]))
    await turn()
    expect(unclean()).toMatchObject([
      {
        code: 'HANDOFF',
        surface: 'clean-store',
        key: 'stores',
        resource: 'main',
        step: 'open',
        plugin: 'stores@1.0.0',
        cause: { message: 'it is stuck' },
      },
    ])
  })

  it('I10 is told the observer where it was opened only to look at it, and the reload goes on', async () => {
    const { observer, unclean } = watched()
    await using host = new PluginHost({
      observer,
      strategies: [
        wordHandoff({
          async checkCompat(_, ctx) {
            await closeAside(ctx, broken)
            return { level: 'compatible' }
          },
        }),
      ],
    })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    expect((await host.reload(handle, wordPlugin('a', '2.0.0'))).status).toBe('committed')
    expect(unclean()).toMatchObject([
      { surface: 'test-word', key: 'a', step: 'close', phase: 'preflight', cause: { message: 'it is stuck' } },
    ])
  })

  it('I10 is told the observer where what opened was no live resource, and is refused as that', async () => {
    const { observer, unclean } = watched()
    await using host = new PluginHost({ observer, strategies: [methodical()] })
    const handle = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    const next = cleanStores('2.0.0')
    next.provider.open = () => ({ by: 'nobody' }) as Store
    expect((await refusalOf(host.reload(handle, next))).message).toContain('got one without append')
    expect(unclean()).toMatchObject([
      { resource: 'main', step: 'close', phase: 'prepare', cause: { message: 'it is stuck' } },
    ])
  })
})

/** Closes its own stores, and no stranger. */
function methodical() {
  return cleanHandoff(STORES.clean, {
    medium: 'shared',
    methods: ['append'],
    close: (store) => {
      if (!(store instanceof Store)) broken()
    },
  })
}
