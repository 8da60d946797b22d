import { PluginHost, type Lease } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { standing, turn } from '../fixtures/deferred.js'
import { hostWithStore } from '../fixtures/host-with-store.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'
import { leave } from '../fixtures/leave.js'

describe('drain', () => {
  it('I7 E5 closes the old version when its last lease ends, and not before; no time has to pass', async () => {
    const { host, plugin, handle, old } = await hostWithStore()
    const next = cleanStores('2.0.0')
    const leases = [host.capture(), host.capture()]
    const provider = host.acquire(STORES.clean, 'stores')
    const { finalized } = await host.reload(handle, next)
    for (const lease of [...leases, provider]) {
      expect(await standing(finalized)).toBe('pending')
      expect({ closed: old.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 0, shutdown: 0 })
      lease[Symbol.dispose]()
    }
    expect(await finalized).toEqual({ status: 'finalized', drainMs: 0, blockers: [], errors: [] })
    expect({ closed: old.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 1, shutdown: 1 })
  })

  it.each([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])('I7 E5 the last one, in whichever order they end (%i, %i, %i)', async (...order) => {
    const { host, handle, old } = await hostWithStore()
    const leases = [host.capture(), host.capture(), host.capture()]
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'))
    for (const at of order) {
      expect({ finalized: await standing(finalized), closed: old.closed }).toEqual({ finalized: 'pending', closed: 0 })
      leases[at]?.[Symbol.dispose]()
    }
    expect((await finalized).status).toBe('finalized')
  })

  it('a lease captured after the commit holds nothing old', async () => {
    const { host, handle } = await hostWithStore()
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'))
    using lease = host.capture()
    expect(lease.resource(STORES.clean, 'main').by).toBe('stores@2.0.0')
    expect((await finalized).status).toBe('finalized')
  })

  it('nor does one captured in the turn of the commit, by whoever is told of it', async () => {
    const clock = new ManualClock()
    const leases: Lease[] = []
    let left: Promise<void> | undefined
    const host: PluginHost = new PluginHost({
      strategies: [storeStrategy('clean'), wordHandoff()],
      clock,
      observer: (event) => {
        if (event.type !== 'committed' || event.operation !== 3) return
        leases.push(host.capture())
        // The epoch that was captured is a former one at once.
        left = leave(store)
      },
    })
    await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    const { finalized } = await host.reload(await host.add(wordPlugin('a', '1.0.0')), wordPlugin('a', '2.0.0'))
    expect((await finalized).status).toBe('finalized')
    expect(await standing(left as Promise<void>)).toBe('pending')
    for (const lease of leases) lease[Symbol.dispose]()
    await left
  })

  it('I9 E6 keeps the old version past the deadline, names what holds it, and closes it when that ends', async () => {
    const { host, clock, events, plugin, handle, old } = await hostWithStore({ drain: { deadlineMs: 1000 } })
    const lease = host.capture({ label: 'report for Q3' })
    clock.advance(50)
    const provider = host.acquire(STORES.clean, 'stores', { label: 'job nightly' })
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'))
    clock.advance(1000)
    const report = await finalized
    expect(report).toEqual({
      status: 'kept',
      drainMs: 1000,
      errors: [],
      blockers: [
        { label: 'report for Q3', ageMs: 1050, holds: 'epoch' },
        { label: 'job nightly', ageMs: 1000, holds: 'provider' },
      ],
    })
    expect(host.plugins()).toMatchObject([
      { version: '2.0.0', state: 'active' },
      { version: '1.0.0', state: 'retired', heldBy: report.blockers },
    ])
    expect(events.filter(({ type }) => type === 'kept')).toMatchObject([{ blockers: report.blockers }])
    expect(lease.signal.aborted).toBe(false)
    expect(lease.resource(STORES.clean, 'main').closed).toBe(0)
    clock.advance(3_600_000)
    provider[Symbol.dispose]()
    await turn()
    expect({ closed: old.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 0, shutdown: 0 })
    lease[Symbol.dispose]()
    await turn()
    expect({ closed: old.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 1, shutdown: 1 })
    expect(host.plugins()).toMatchObject([{ version: '2.0.0' }])
  })

  it('I9 force tells the leases, gives them their grace, and then closes', async () => {
    const { host, clock, plugin, handle, old } = await hostWithStore()
    const lease = host.capture({ label: 'endless' })
    const { signal } = lease
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'), {
      drain: { deadlineMs: 1000, onDeadline: 'force', graceMs: 200 },
    })
    clock.advance(1000)
    await turn()
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ name: 'AbortError', message: 'the plugin this lease holds is being closed' })
    expect({ closed: old.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 0, shutdown: 0 })
    clock.advance(200)
    expect(await finalized).toMatchObject({
      status: 'forced',
      blockers: [{ label: 'endless', ageMs: 1000, holds: 'epoch' }],
      errors: [],
    })
    expect({ closed: old.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 1, shutdown: 1 })
    lease[Symbol.dispose]()
    await turn()
    expect({ closed: old.closed, shutdown: plugin.calls.shutdown }).toEqual({ closed: 1, shutdown: 1 })
  })

  it('I9 force tells every lease, also where one is released on being told', async () => {
    const { host, clock, handle } = await hostWithStore({ drain: { deadlineMs: 1000, onDeadline: 'force' } })
    const leases = ['one', 'two', 'three'].map((label) => host.capture({ label }))
    const told: string[] = []
    for (const [at, lease] of leases.entries()) {
      lease.signal.addEventListener('abort', () => {
        told.push(`lease ${at}`)
        lease[Symbol.dispose]()
      })
    }
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'))
    clock.advance(1000)
    // Nothing but their own ends is waited for: no grace has to pass.
    const report = await finalized
    expect(told.sort()).toEqual(['lease 0', 'lease 1', 'lease 2'])
    expect(report.status).toBe('forced')
    expect(report.blockers.map(({ label }) => label).sort()).toEqual(['one', 'three', 'two'])
  })

  it('a reload may have a drain policy of its own', async () => {
    const { host, clock, handle } = await hostWithStore({ drain: { deadlineMs: 1_000_000 } })
    using _lease = host.capture()
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'), { drain: { deadlineMs: 10 } })
    clock.advance(10)
    expect((await finalized).status).toBe('kept')
  })

  it('I7 several retired versions end each with its own leases', async () => {
    const { host, plugin, handle } = await hostWithStore()
    const next = cleanStores('2.0.0')
    const first = host.capture({ label: 'first' })
    const { handle: second, finalized: firstClosed } = await host.reload(handle, next)
    const later = host.capture({ label: 'later' })
    const { finalized: secondClosed } = await host.reload(second, cleanStores('3.0.0'))
    expect(
      host.plugins().map(({ version, state, heldBy }) => [version, state, heldBy.map(({ label }) => label)]),
    ).toEqual([
      ['3.0.0', 'active', []],
      ['1.0.0', 'retired', ['first']],
      ['2.0.0', 'retired', ['later']],
    ])
    later[Symbol.dispose]()
    await secondClosed
    expect({ pluginShutdown: plugin.calls.shutdown, nextShutdown: next.calls.shutdown }).toEqual({
      pluginShutdown: 0,
      nextShutdown: 1,
    })
    expect(first.resource(STORES.clean, 'main')).toMatchObject({ by: 'stores@1.0.0', closed: 0 })
    first[Symbol.dispose]()
    await firstClosed
    expect(plugin.calls.shutdown).toBe(1)
  })
})
