import { PluginHost, type ReloadEvent } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy, type Store } from '../fixtures/store.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'
import { leave } from '../fixtures/leave.js'

describe('closing a host', () => {
  it('I7 closes resources and plugins once, last installed first', async () => {
    const ended: string[] = []
    const close = ({ by }: Store): void => {
      ended.push(by)
    }
    const host = new PluginHost({ strategies: [storeStrategy('clean', { close }), wordHandoff()] })
    const shutdown = ({ id }: { id: string }): void => {
      ended.push(id)
    }
    for (const id of ['a', 'b']) await host.add(wordPlugin(id, '1.0.0', [id], { shutdown }))
    await host.add(cleanStores('1.0.0', { shutdown }))
    await host.reload(host.plugin('a') ?? { id: 'a', generation: 0 }, wordPlugin('a', '2.0.0', ['a'], { shutdown }))
    await host.attach(STORES.clean, openStore('main'))
    await turn()
    ended.length = 0
    await Promise.all([host[Symbol.asyncDispose](), host[Symbol.asyncDispose]()])
    await host[Symbol.asyncDispose]()
    expect(ended).toEqual(['stores@1.0.0', 'stores', 'b', 'a'])
    expect({ plugins: host.plugins(), resources: host.resources() }).toEqual({ plugins: [], resources: [] })
  })

  it('HOST_CLOSED afterwards, whatever is asked of it', async () => {
    const host = new PluginHost({ strategies: [wordHandoff(), storeStrategy('clean')] })
    const handle = await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    await host[Symbol.asyncDispose]()
    const plugin = wordPlugin('a', '1.0.0')
    const refused = [
      await refusalOf(host.add(plugin)),
      await refusalOf(host.reload(handle, plugin)),
      await refusalOf(host.reloadAll([])),
      await refusalOf(host.remove(handle)),
      await refusalOf(() => host.capture()),
      await refusalOf(host.captureReady({ uses: 'everything' })),
      await refusalOf(() => host.acquire(wordKind, 'a')),
      await refusalOf(host.attach(STORES.clean, openStore('x'))),
    ]
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['HOST_CLOSED']))
    expect((await refusalOf(store.write(1))).code).toBe('RESOURCE_CLOSED')
    await leave(store)
    expect(plugin.calls.register).toBe(0)
  })

  it('I8 I12 leaves no timer of a write that never settles: its writer is told, and the resource is closed', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({
      strategies: [storeStrategy('clean')],
      clock,
      timeouts: { write: 600_000, finalize: 1000 },
    })
    const plugin = cleanStores('1.0.0')
    await host.add(plugin)
    const store = await host.attach(STORES.clean, openStore('main'))
    const [opened] = plugin.made as [Store]
    opened.append = () => new Promise(() => {})
    const [hanging, behind] = [refusalOf(store.write(1)), refusalOf(store.write(2))]
    const closing = host[Symbol.asyncDispose]()
    await turn()
    expect((await behind).code).toBe('RESOURCE_CLOSED')
    clock.advance(1000)
    await closing
    expect((await hanging).code).toBe('STEP_TIMEOUT')
    expect({ closed: opened.closed, pending: clock.pending }).toEqual({ closed: 1, pending: 0 })
  })

  it('waits for an operation under way, and closes what it installed', async () => {
    const host = new PluginHost({ strategies: [wordHandoff()] })
    const init = new Deferred()
    const plugin = wordPlugin('a', '1.0.0', ['a'], { init: () => init.promise })
    const adding = host.add(plugin)
    const closing = host[Symbol.asyncDispose]()
    expect((await refusalOf(() => host.capture())).code).toBe('HOST_CLOSED')
    expect(await standing(closing)).toBe('pending')
    init.resolve()
    expect(await adding).toEqual({ id: 'a', generation: 0 })
    await closing
    expect(plugin.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
  })

  it.each(Array.from({ length: 20 }, (_, turns) => turns))(
    'waits for a reload that is being taken back, and closes what serves again: %i microtasks into it',
    async (turns) => {
      const clock = new ManualClock()
      const host = new PluginHost({ strategies: [wordHandoff()], clock })
      const old = wordPlugin('a', '1.0.0')
      await host.reload(await host.add(old), wordPlugin('a', '2.0.0'), { bake: { ms: 10, healthy: () => false } })
      clock.advance(10)
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      await host[Symbol.asyncDispose]()
      expect({ plugins: host.plugins(), shutdown: old.calls.shutdown }).toEqual({ plugins: [], shutdown: 1 })
    },
  )

  it('I9 a lease that does not end is told at the deadline, given its grace, and not waited for any longer', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({
      strategies: [storeStrategy('clean')],
      clock,
      drain: { deadlineMs: 100, graceMs: 10 },
    })
    const plugin = cleanStores('1.0.0')
    await host.add(plugin)
    await host.attach(STORES.clean, openStore('main'))
    const lease = host.capture()
    const closing = host[Symbol.asyncDispose]()
    await turn()
    clock.advance(100)
    await turn()
    expect({ aborted: lease.signal.aborted, closed: plugin.made[0]?.closed }).toEqual({ aborted: true, closed: 0 })
    clock.advance(10)
    await closing
    expect({ closed: plugin.made[0]?.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 1, shutdown: 1 })
  })

  it('I9 I8 also where it holds a version that an earlier reload has kept', async () => {
    const clock = new ManualClock()
    const events: ReloadEvent[] = []
    const host = new PluginHost({
      strategies: [storeStrategy('clean')],
      clock,
      drain: { deadlineMs: 100, graceMs: 10 },
      observer: (event) => {
        events.push(event)
      },
    })
    const plugin = cleanStores('1.0.0')
    const handle = await host.add(plugin)
    await host.attach(STORES.clean, openStore('main'))
    const lease = host.capture()
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'))
    clock.advance(100)
    expect((await finalized).status).toBe('kept')
    const closing = host[Symbol.asyncDispose]()
    await turn()
    expect({ aborted: lease.signal.aborted, closed: plugin.made[0]?.closed }).toEqual({ aborted: false, closed: 0 })
    clock.advance(100)
    await turn()
    expect({ aborted: lease.signal.aborted, closed: plugin.made[0]?.closed }).toEqual({ aborted: true, closed: 0 })
    clock.advance(10)
    await closing
    expect({ closed: plugin.made[0]?.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 1, shutdown: 1 })
    lease[Symbol.dispose]()
    await turn()
    expect({ closed: plugin.made[0]?.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 1, shutdown: 1 })
    expect(host.plugins()).toEqual([])
    expect(events.filter((event) => event.type === 'finalized' && event.operation === 2)).toHaveLength(1)
  })

  it('I7 resolves after a kept version that ended meanwhile is closed, and not before', async () => {
    const clock = new ManualClock()
    const shuttingDown = new Deferred()
    const host = new PluginHost({ strategies: [wordHandoff()], clock, drain: { deadlineMs: 100 } })
    const handle = await host.add(wordPlugin('a', '1.0.0', ['a'], { shutdown: () => shuttingDown.promise }))
    const lease = host.capture()
    const { finalized } = await host.reload(handle, wordPlugin('a', '2.0.0'))
    clock.advance(100)
    await finalized
    lease[Symbol.dispose]()
    const closing = host[Symbol.asyncDispose]()
    expect(await standing(closing)).toBe('pending')
    shuttingDown.resolve()
    await closing
    expect(host.plugins()).toEqual([])
  })

  it('I8 an open that hangs is not waited for: HOST_CLOSED, and what it opens after all is closed', async () => {
    const host = new PluginHost({ strategies: [storeStrategy('clean')], clock: new ManualClock() })
    const plugin = cleanStores('1.0.0')
    await host.add(plugin)
    const opening = new Deferred()
    const attaching = refusalOf(
      host.attach(STORES.clean, {
        ...openStore('main'),
        open: async (provider) => {
          await opening.promise
          return provider.open()
        },
      }),
    )
    const closing = host[Symbol.asyncDispose]()
    expect((await attaching).code).toBe('HOST_CLOSED')
    await closing
    expect(plugin.calls.shutdown).toBe(1)
    opening.resolve()
    await turn()
    expect(plugin.made).toMatchObject([{ closed: 1 }])
  })

  it('I10 a plugin that fails on the way keeps nothing else from being closed', async () => {
    const host = new PluginHost({ strategies: [wordHandoff()] })
    const quiet = wordPlugin('quiet', '1.0.0')
    await host.add(quiet)
    await host.add(
      wordPlugin('loud', '1.0.0', ['loud'], {
        shutdown: () => {
          throw new Error('no goodbye')
        },
      }),
    )
    await host[Symbol.asyncDispose]()
    expect(quiet.calls.shutdown).toBe(1)
  })

  it('waits for a detach under way', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({
      strategies: [storeStrategy('clean')],
      clock,
      drain: { deadlineMs: 100, graceMs: 10 },
    })
    const plugin = cleanStores('1.0.0')
    await host.add(plugin)
    const store = await host.attach(STORES.clean, openStore('main'))
    const lease = host.capture()
    const detaching = leave(store)
    const closing = host[Symbol.asyncDispose]()
    await turn()
    clock.advance(100)
    await turn()
    expect({ aborted: lease.signal.aborted, closed: plugin.made[0]?.closed }).toEqual({ aborted: true, closed: 0 })
    clock.advance(10)
    await Promise.all([closing, detaching])
    expect(plugin.made[0]?.closed).toBe(1)
  })
})
