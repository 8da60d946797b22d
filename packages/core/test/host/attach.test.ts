import { PluginHost, type LiveResource, type PluginHostOptions, type ReloadOptions } from '@uni/reload-core'
import { describe, expect, it, vi } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { hostWithStores } from '../fixtures/host-with-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

const OPTIONS = { strategies: [storeStrategy('clean'), wordHandoff()], timeouts: { preflight: 100 } }

type JoinedStore = LiveResource<Store, number>
type CheckCompat = NonNullable<ReturnType<typeof storeStrategy>['checkCompat']>

describe('attach', () => {
  it('puts a resource into service: from the next capture on', async () => {
    const { host, plugin } = await hostWithStores(OPTIONS)
    using before = host.capture()
    const store = await host.attach(STORES.clean, openStore('main'))
    expect(store.name).toBe('main')
    expect((await refusalOf(() => before.resource(STORES.clean, 'main'))).code).toBe('RESOURCE_NOT_FOUND')
    using after = host.capture()
    expect(after.resource(STORES.clean, 'main')).toBe(plugin.made[0])
    expect(host.resources()).toEqual([
      { surface: 'clean-store', name: 'main', key: 'stores', plugin: 'stores@1.0.0', state: 'serving', waiting: 0 },
    ])
  })
})

describe('S7 what an attach sets in motion, and a detach', () => {
  it('is a timer each, for their deadlines, and no signal of their own', async () => {
    const { host, clock } = await hostWithStores()
    const timers = vi.spyOn(clock, 'after')
    const signals = vi.spyOn(AbortController.prototype, 'signal', 'get')
    const store = await host.attach(STORES.clean, openStore('main'))
    expect(timers).toHaveBeenCalledTimes(1)
    const { finalized } = await store.detach()
    await finalized
    expect(timers).toHaveBeenCalledTimes(2)
    // The host's own, which is there already.
    expect(signals).toHaveBeenCalledTimes(1)
    signals.mockRestore()
    expect(clock.pending).toBe(0)
  })
})

describe('attach and a reload', () => {
  function pendingAttach(host: PluginHost) {
    const opening = new Deferred()
    const attaching = host.attach(STORES.clean, {
      ...openStore('main'),
      open: async (provider) => {
        const store = await provider.open()
        await opening.promise
        return store
      },
    })
    return { opening, attaching }
  }

  it('O5 a reload waits for an open under way, and hands over what it opened', async () => {
    const { host, handle, plugin } = await hostWithStores(OPTIONS)
    const { opening, attaching } = pendingAttach(host)
    const next = cleanStores('2.0.0')
    const reloading = host.reload(handle, next)
    expect(await standing(reloading)).toBe('pending')
    expect(host.plugin('stores')).toEqual(handle)
    opening.resolve()
    const store = await attaching
    const { report, finalized } = await reloading
    expect(report.handoffs.map(({ resource }) => resource)).toEqual(['main'])
    await finalized
    await store.write(1)
    expect(plugin.made).toMatchObject([{ entries: [], closed: 1 }])
    expect(next.made).toMatchObject([{ entries: [1], closed: 0 }])
  })

  it('I9 holds the plugin while it opens, by a label of its own', async () => {
    const { host } = await hostWithStores(OPTIONS)
    const { opening, attaching } = pendingAttach(host)
    await turn()
    expect(host.plugins()).toMatchObject([{ heldBy: [{ label: 'attach main', holds: 'provider' }] }])
    opening.resolve()
    await attaching
    expect(host.plugins()).toMatchObject([{ heldBy: [] }])
  })

  it('O5 goes on where the open fails', async () => {
    const { host, handle } = await hostWithStores(OPTIONS)
    const { opening, attaching } = pendingAttach(host)
    const reloading = host.reload(handle, cleanStores('2.0.0'))
    opening.reject(new Error('no disk'))
    expect((await refusalOf(attaching)).code).toBe('HANDOFF')
    expect((await reloading).status).toBe('committed')
  })

  it('I8 O5 waits no longer than its own deadline: STEP_TIMEOUT, and the attach completes', async () => {
    const { host, clock, handle } = await hostWithStores(OPTIONS)
    const { opening, attaching } = pendingAttach(host)
    const failing = refusalOf(host.reload(handle, cleanStores('2.0.0')))
    await turn()
    clock.advance(100)
    expect(await failing).toMatchObject({
      code: 'STEP_TIMEOUT',
      phase: 'preflight',
      step: 'wait for pending opens',
      plugin: 'stores@1.0.0',
    })
    opening.resolve()
    await attaching
    expect(host.resources()).toMatchObject([{ plugin: 'stores@1.0.0' }])
  })

  it('O5 I3 an abort ends the wait, and the attach completes: ABORTED', async () => {
    const { host, handle } = await hostWithStores(OPTIONS)
    const { opening, attaching } = pendingAttach(host)
    const caller = new AbortController()
    const failing = refusalOf(host.reload(handle, cleanStores('2.0.0'), { signal: caller.signal }))
    await turn()
    caller.abort()
    expect(await failing).toMatchObject({
      code: 'ABORTED',
      phase: 'preflight',
      step: 'wait for pending opens',
      plugin: 'stores@1.0.0',
    })
    opening.resolve()
    await attaching
    expect(host.resources()).toMatchObject([{ plugin: 'stores@1.0.0' }])
  })

  it('O5 one that begins during a reload serves at once, and changes hands with the others', async () => {
    for (const ends of ['well', 'badly']) {
      const { host, handle, plugin } = await hostWithStores(OPTIONS)
      await host.attach(STORES.clean, openStore('first'))
      const begun = new Deferred()
      const goOn = new Deferred()
      const next = cleanStores('2.0.0')
      const open = next.provider.open.bind(next.provider)
      next.provider.open = async () => {
        begun.resolve()
        await goOn.promise
        return open()
      }
      const reloading = host.reload(handle, next)
      await begun.promise
      const second = await host.attach(STORES.clean, openStore('second'))
      await second.write(1)
      {
        using during = host.capture()
        expect(during.resource(STORES.clean, 'second')).toMatchObject({ by: 'stores@1.0.0', entries: [1] })
      }
      if (ends === 'well') goOn.resolve()
      else goOn.reject(new Error('no disk'))
      const [outcome] = await Promise.allSettled([reloading])
      if (outcome.status === 'fulfilled') {
        expect(outcome.value.report.handoffs.map(({ resource }) => resource)).toEqual(['first', 'second'])
        await outcome.value.finalized
      }
      await second.write(2)
      using lease = host.capture()
      const by = ends === 'well' ? 'stores@2.0.0' : 'stores@1.0.0'
      expect(lease.resource(STORES.clean, 'second')).toMatchObject({
        by,
        entries: ends === 'well' ? [2] : [1, 2],
        closed: 0,
      })
      expect(plugin.made.map(({ closed }) => closed)).toEqual(ends === 'well' ? [1, 1] : [0, 0])
    }
  })

  it('O5 waits neither for opens that a reload waits for nor for its judgement, and changes hands with the others', async () => {
    const judging = new Deferred()
    const judged = new Deferred()
    const strategy = storeStrategy('clean', {
      checkCompat: async () => {
        judging.resolve()
        await judged.promise
        return { level: 'compatible' }
      },
    })
    const { host, handle, plugin } = await hostWithStores({ strategies: [strategy] })
    const { opening, attaching } = pendingAttach(host)
    const next = cleanStores('2.0.0')
    const reloading = host.reload(handle, next)
    await turn()
    await (await host.attach(STORES.clean, openStore('second'))).write(2)
    opening.resolve()
    await attaching
    await judging.promise
    const third = await host.attach(STORES.clean, openStore('third'))
    await third.write(3)
    expect(await standing(reloading)).toBe('pending')
    judged.resolve()
    const { report, finalized } = await reloading
    expect(report.handoffs.map(({ resource }) => resource).toSorted()).toEqual(['main', 'second', 'third'])
    await finalized
    expect(plugin.made.map(({ closed }) => closed)).toEqual([1, 1, 1])
    using lease = host.capture()
    for (const { name } of host.resources()) {
      expect(lease.resource(STORES.clean, name)).toMatchObject({ by: 'stores@2.0.0', closed: 0 })
    }
  })

  it('O5 one of a key whose strategy has said that it overlaps changes hands with the others', async () => {
    const { host, handle } = await hostWithStores({
      strategies: [storeStrategy('clean', { cutover: () => 'overlap' })],
    })
    await host.attach(STORES.clean, openStore('first'))
    const begun = new Deferred()
    const goOn = new Deferred()
    const next = cleanStores('2.0.0')
    const open = next.provider.open.bind(next.provider)
    next.provider.open = async () => {
      begun.resolve()
      await goOn.promise
      return open()
    }
    const reloading = host.reload(handle, next)
    await begun.promise
    const attaching = host.attach(STORES.clean, openStore('second'))
    expect(await standing(attaching)).toBe('fulfilled')
    goOn.resolve()
    expect((await reloading).report.handoffs.map(({ resource }) => resource)).toEqual(['first', 'second'])
  })

  describe('O7 one that joins a reload is judged by its value', () => {
    const MOMENTS = ['judges', 'prepares'] as const

    /** What is attached while the reload judges the version by `first`, or prepares that, joins. */
    async function joining(
      options: Partial<PluginHostOptions>,
      checkCompat: CheckCompat,
      joinsWhileIt: (typeof MOMENTS)[number] = 'prepares',
    ) {
      const begun = new Deferred()
      const goOn = new Deferred()
      const pauseWhileIt = async (does: typeof joinsWhileIt): Promise<void> => {
        if (does !== joinsWhileIt) return
        begun.resolve()
        await goOn.promise
      }
      const strategy = storeStrategy('clean', {
        checkCompat: async (...pair) => {
          await pauseWhileIt('judges')
          return checkCompat(...pair)
        },
      })
      const host = new PluginHost({ ...options, strategies: [strategy] })
      const handle = await host.add(cleanStores('1.0.0'))
      await host.attach(STORES.clean, openStore('first'))
      const next = cleanStores('2.0.0')
      const open = next.provider.open.bind(next.provider)
      next.provider.open = async () => {
        await pauseWhileIt('prepares')
        return open()
      }
      const reload = async (more: ReloadOptions = {}, meanwhile: (second: JoinedStore) => void = () => {}) => {
        const reloading = host.reload(handle, next, more)
        await begun.promise
        const second = await host.attach(STORES.clean, openStore('second'))
        await second.write(13)
        meanwhile(second)
        goOn.resolve()
        return reloading
      }
      return { host, handle, next, reload }
    }

    const refuses13: CheckCompat = async ({ live }) => {
      for (const { name, use } of live)
        if (await use(({ entries }) => entries.includes(13)))
          return { level: 'incompatible', reason: `${name} holds 13, which this version reads as 12` }
      return { level: 'migrate', reason: 'numbers are longer' }
    }

    it.each(MOMENTS)(
      'I3 I6 and refuses the version: SCHEMA_INCOMPAT, with everything as it was: %s',
      async (moment) => {
        const { host, handle, next, reload } = await joining({}, refuses13, moment)
        expect(await refusalOf(reload())).toMatchObject({
          code: 'SCHEMA_INCOMPAT',
          surface: 'clean-store',
          key: 'stores',
          plugin: 'stores@2.0.0',
          message: expect.stringContaining('second holds 13') as string,
          rollbackErrors: [],
        })
        expect(host.plugin('stores')).toEqual(handle)
        expect(next.made).toMatchObject([{ closed: 1 }])
        expect(host.resources().map(({ name, state }) => [name, state])).toEqual([
          ['first', 'serving'],
          ['second', 'serving'],
        ])
      },
    )

    it.each(MOMENTS)(
      'O11 O10 and has its verdict in the report, once where that is the one on the others: %s',
      async (moment) => {
        const { reload } = await joining({}, refuses13, moment)
        const { report } = await reload({ accept: [{ surface: 'clean-store', key: 'stores', reason: 'as announced' }] })
        expect(report.compat.map(({ step, verdict }) => [step, verdict.level])).toEqual([
          ['checkCompat', 'migrate'],
          ['checkCompat', 'accepted'],
        ])
        const alike = await joining({}, () => ({ level: 'migrate', reason: 'numbers are longer' }), moment)
        expect((await alike.reload()).report.compat).toHaveLength(1)
      },
    )

    it.each(MOMENTS)('O10 and a host that takes nothing unjudged refuses it: %s', async (moment) => {
      const { reload } = await joining(
        { unjudged: 'refuse' },
        ({ live: [sample] }) =>
          sample?.name === 'second' ? { level: 'unjudged', reason: 'it cannot be read' } : { level: 'compatible' },
        moment,
      )
      expect(await refusalOf(reload())).toMatchObject({ code: 'SCHEMA_INCOMPAT', key: 'stores' })
    })

    it('O6 in a dry run as well', async () => {
      for (const moment of MOMENTS) {
        const { host, reload } = await joining({}, refuses13, moment)
        expect(await refusalOf(reload({ dryRun: true }))).toMatchObject({ code: 'SCHEMA_INCOMPAT', key: 'stores' })
        expect(host.resources()).toMatchObject([{ plugin: 'stores@1.0.0' }, { plugin: 'stores@1.0.0' }])
      }
    })

    it('O5 O14 one that comes and leaves during the judgement takes no part in it', async () => {
      const judgedBy: string[][] = []
      const { host, reload } = await joining(
        {},
        ({ live }) => {
          judgedBy.push(live.map(({ name }) => name))
          return { level: 'compatible' }
        },
        'judges',
      )
      const { report, finalized } = await reload({}, (second) => void second.detach())
      await finalized
      expect(judgedBy).toEqual([['first']])
      expect(report.handoffs.map(({ resource }) => resource)).toEqual(['first'])
      expect(host.resources()).toMatchObject([{ name: 'first', plugin: 'stores@2.0.0' }])
    })

    it('O5 I3 one that has joined stays with the version that serves where the judgement refuses the other', async () => {
      const { host, handle, reload } = await joining({}, () => ({ level: 'incompatible', reason: 'no' }), 'judges')
      expect(await refusalOf(reload())).toMatchObject({ code: 'SCHEMA_INCOMPAT', rollbackErrors: [] })
      using lease = host.capture()
      expect(lease.resource(STORES.clean, 'second')).toMatchObject({ by: 'stores@1.0.0', entries: [13], closed: 0 })
      expect(host.plugin('stores')).toEqual(handle)
    })
  })

  it('O5 waits for a reload that cannot take it along: one that fences, or whose version does not provide the key', async () => {
    for (const [options, provides] of [
      [{ cutover: 'exclusive' }, 'stores'],
      [{}, 'other'],
    ] as const) {
      const { host, handle, plugin } = await hostWithStores(OPTIONS)
      await (await host.attach(STORES.clean, openStore('first'))).detach()
      const begun = new Deferred()
      const goOn = new Deferred()
      const next = cleanStores('2.0.0', {
        provider: new StoreProvider(provides, '2.0.0'),
        init: () => {
          begun.resolve()
          return goOn.promise
        },
      })
      const held = host.acquire(STORES.clean, 'stores')
      const reloading = host.reload(handle, next, options)
      await begun.promise
      goOn.resolve()
      await turn()
      const attaching = host.attach(STORES.clean, openStore('second'))
      const attached = attaching.then(
        ({ name }) => name,
        ({ code }: { code: string }) => code,
      )
      held[Symbol.dispose]()
      await (
        await reloading
      ).finalized
      expect(await attached).toBe(provides === 'stores' ? 'second' : 'PROVIDER_NOT_FOUND')
      expect(plugin.made.map(({ closed }) => closed)).toEqual([1])
    }
  })

  it('O5 in whichever turn it begins, no resource of a retired version is left', async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      const { host, handle, plugin } = await hostWithStores(OPTIONS)
      const next = cleanStores('2.0.0')
      const reloading = host.reload(handle, next)
      for (let at = 0; at < turns; at += 1) await Promise.resolve()
      await host.attach(STORES.clean, openStore('main'))
      await (
        await reloading
      ).finalized
      expect(host.resources(), `attached after ${turns} turns`).toMatchObject([{ plugin: 'stores@2.0.0' }])
      expect(plugin.made.filter(({ closed }) => closed !== 1)).toEqual([])
      expect(next.made.filter(({ closed }) => closed === 0)).toHaveLength(1)
    }
  })

  it('PROVIDER_NOT_FOUND where the reload takes the key away meanwhile', async () => {
    const { host, handle } = await hostWithStores(OPTIONS)
    const init = new Deferred()
    const reloading = host.reload(handle, wordPlugin('stores', '2.0.0', ['w'], { init: () => init.promise }))
    init.resolve()
    await reloading
    expect((await refusalOf(host.attach(STORES.clean, openStore('main')))).code).toBe('PROVIDER_NOT_FOUND')
    using lease = host.capture()
    expect(lease.get(wordKind, 'w').say()).toBe('stores@2.0.0')
  })
})
