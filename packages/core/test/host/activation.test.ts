import {
  OldProviders,
  PluginHost,
  ReloadDispatcher,
  ReloadKindHandlers,
  stopAndCopy,
  type ReloadEvent,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Actors, hostOfActors } from '../fixtures/acting.js'
import { pass } from '../fixtures/baking.js'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { closeStore, STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'

const DISCIPLINES = ['clean', 'pre-copy', 'stop-and-copy'] as const
const fail = (): never => {
  throw new Error('no timer')
}

/** A reload with it is rolled back when everything has been handed over. */
function abortedAtCommit() {
  const controller = new AbortController()
  const observer = (event: ReloadEvent): void => {
    if (event.type === 'phase-started' && event.phase === 'commit' && event.plugins.includes('stores@2.0.0'))
      controller.abort()
  }
  return { signal: controller.signal, observer }
}

describe('a resource that acts by itself', () => {
  it.each(DISCIPLINES)(
    'A1 I1 acts from the turn of the commit on, and until then the old one alone: %s',
    async (discipline) => {
      const { actors, host, handle, events, version } = await hostOfActors(discipline)
      expect(actors.versions()).toEqual(['1.0.0', '1.0.0'])
      const next = version('2.0.0')
      const slow = new Deferred()
      next.other.breakNext('open', async (run) => {
        await slow.promise
        return run()
      })
      const reloading = host.reload(handle, next.plugin)
      await turn()
      expect(actors.versions().filter((acting) => acting !== '1.0.0')).toEqual([])
      let atCommit: string[] | undefined
      actors.onActivate = () => {
        atCommit = host.plugins().map((plugin) => plugin.version)
      }
      slow.resolve()
      const { report, finalized } = await reloading
      await finalized
      expect(atCommit).toContain('2.0.0')
      expect({ versions: actors.versions(), clashes: actors.clashes }).toEqual({
        versions: ['2.0.0', '2.0.0'],
        clashes: [],
      })
      expect(report.handoffs.map(({ activationError }) => activationError)).toEqual([undefined, undefined])
      expect(
        events.flatMap((event) => (event.type === 'resource' && event.step === 'activate' ? [event.resource] : [])),
      ).toEqual(['main', 'other'])
      const told = events.map((event) => (event.type === 'resource' ? event.step : event.type))
      expect(told.lastIndexOf('activate')).toBeLessThan(told.lastIndexOf('committed'))
    },
  )

  it.each(DISCIPLINES)(
    'A2 I3 acts again where the reload is rolled back, and the new one never did: %s',
    async (discipline) => {
      for (const cutover of ['overlap', 'exclusive'] as const) {
        const { signal, observer } = abortedAtCommit()
        const { actors, host, handle, main, version } = await hostOfActors(discipline, { observer })
        actors.onActivate = ({ provider }) => {
          if (provider.version === '2.0.0') actors.clashes.push('the new one acts')
        }
        expect(await refusalOf(host.reload(handle, version('2.0.0').plugin, { cutover, signal }))).toMatchObject({
          code: 'ABORTED',
          rollbackErrors: [],
        })
        await main.write(2)
        expect({ versions: actors.versions(), clashes: actors.clashes }).toEqual({
          versions: ['1.0.0', '1.0.0'],
          clashes: [],
        })
      }
    },
  )

  it('I3 one that was stopped acts again when a write has started it, long after the reload', async () => {
    const { actors, host, surface, handle, first, main, version } = await hostOfActors('stop-and-copy')
    const next = version('2.0.0')
    next.main.breakNext('open', fail)
    first.main.breakNext('open', fail)
    await refusalOf(host.reload(handle, next.plugin))
    expect(actors.versions()).toEqual(['1.0.0'])
    await main.write(2)
    expect(actors.versions()).toEqual(['1.0.0', '1.0.0'])
    using lease = host.capture()
    expect(actors.acting.has(lease.resource(surface, 'main'))).toBe(true)
  })

  it('goes on in a dry run', async () => {
    const { actors, host, handle, version } = await hostOfActors('pre-copy')
    actors.onDeactivate = fail
    expect((await host.reload(handle, version('2.0.0').plugin, { dryRun: true })).status).toBe('dry-run')
    expect(actors.versions()).toEqual(['1.0.0', '1.0.0'])
  })

  it.each(DISCIPLINES)('T2 acts again where the reload is taken back: %s', async (discipline) => {
    const clock = new ManualClock()
    const { actors, host, handle, version } = await hostOfActors(discipline, { clock })
    const { finalized } = await host.reload(handle, version('2.0.0').plugin, {
      bake: { ms: 1000, healthy: () => false },
    })
    expect(actors.versions()).toEqual(['2.0.0', '2.0.0'])
    await pass(clock, 1000)
    expect((await finalized).bake?.outcome).toBe('taken-back')
    expect({ versions: actors.versions(), clashes: actors.clashes }).toEqual({
      versions: ['1.0.0', '1.0.0'],
      clashes: [],
    })
  })
})

describe('activate that fails', () => {
  it.each<[string, () => unknown, string]>([
    ['throws', fail, 'no timer'],
    ['gives a promise that rejects', () => Promise.reject(new Error('later')), 'activate() returned a promise'],
  ])('A3 I10 where it %s the commit stands, and report and observer are told', async (_, fault, message) => {
    const { actors, host, handle, main, events, version } = await hostOfActors('stop-and-copy')
    actors.onActivate = ({ provider }) => (provider.key === 'main' ? fault() : undefined)
    const { status, report, finalized } = await host.reload(handle, version('2.0.0').plugin)
    const told = {
      code: 'HANDOFF',
      phase: 'commit',
      step: 'activate',
      resource: 'main',
      plugin: 'stores@1.0.0 → 2.0.0',
      message: expect.stringContaining(message) as string,
    }
    expect(status).toBe('committed')
    expect(report.handoffs).toMatchObject([
      { resource: 'main', activationError: told },
      { resource: 'other', activationError: undefined },
    ])
    expect(events.filter((event) => event.type === 'resource' && event.step === 'activate')).toMatchObject([
      { resource: 'main', error: told },
      { resource: 'other' },
    ])
    await main.write(2)
    expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
  })

  it('I3 I7 at an attach attaches nothing, and what was opened is closed', async () => {
    const { actors, host, surface, first } = await hostOfActors('pre-copy')
    actors.onActivate = fail
    const open = (provider: StoreProvider) => provider.open()
    const refused = await refusalOf(host.attach(surface, { name: 'third', key: 'main', open }))
    expect(refused).toMatchObject({
      code: 'HANDOFF',
      step: 'activate',
      resource: 'third',
      plugin: 'stores@1.0.0',
      hint: 'Nothing was attached. Correct the strategy, then attach again.',
      rollbackErrors: [],
    })
    expect(first.main.made.map(({ closed }) => closed)).toEqual([0, 1])
    expect(host.resources().map(({ name }) => name)).toEqual(['main', 'other'])
    actors.onActivate = () => {}
    await host.attach(surface, { name: 'third', key: 'main', open })
    first.main.breakNext('close', fail)
    actors.onActivate = fail
    expect((await refusalOf(host.attach(surface, { name: 'fourth', key: 'main', open }))).rollbackErrors).toMatchObject(
      [{ step: 'close', phase: 'rollback' }],
    )
  })

  it.each([
    ['of one that was stopped', 'stop-and-copy'],
    ['of one that went on', 'pre-copy'],
  ] as const)('I10 in a rollback is among its errors, %s', async (_, discipline) => {
    const { signal, observer } = abortedAtCommit()
    const { actors, host, handle, main, version } = await hostOfActors(discipline, { observer })
    actors.onActivate = ({ provider }) => {
      if (provider.key === 'main') fail()
    }
    const { rollbackErrors } = await refusalOf(host.reload(handle, version('2.0.0').plugin, { signal }))
    expect(rollbackErrors).toMatchObject([{ code: 'HANDOFF', phase: 'rollback', step: 'activate', resource: 'main' }])
    await main.write(2)
  })

  it('I10 in a rollback is among its errors beside what else fails of that resource', async () => {
    const { signal, observer } = abortedAtCommit()
    const { actors, host, handle, version } = await hostOfActors('pre-copy', { observer })
    actors.onActivate = ({ provider }) => {
      if (provider.key === 'main') fail()
    }
    const next = version('2.0.0')
    next.main.breakNext('close', fail)
    const { rollbackErrors } = await refusalOf(host.reload(handle, next.plugin, { signal }))
    expect(rollbackErrors).toMatchObject(
      ['activate', 'close'].map((step) => ({ phase: 'rollback', step, resource: 'main' })),
    )
  })

  it('I10 long after the reload is told to the observer, and the write that started it goes on', async () => {
    const { actors, host, handle, first, main, events, version } = await hostOfActors('stop-and-copy')
    const next = version('2.0.0')
    next.main.breakNext('open', fail)
    first.main.breakNext('open', fail)
    await refusalOf(host.reload(handle, next.plugin))
    actors.onActivate = fail
    await main.write(2)
    expect(events.findLast(({ type }) => type === 'resource-restarted')).toMatchObject({
      resource: 'main',
      activationError: { step: 'activate' },
    })
  })
})

describe('deactivate that fails', () => {
  it.each<[string, () => unknown, string]>([
    ['throws', fail, 'no timer'],
    ['gives a promise', () => Promise.resolve(), 'deactivate() returned a promise'],
  ])('I3 where it %s fails the handoff, and the old one acts again', async (_, fault, message) => {
    const { actors, host, handle, version } = await hostOfActors('clean')
    actors.onDeactivate = fault
    expect(await refusalOf(host.reload(handle, version('2.0.0').plugin))).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'deactivate',
      message: expect.stringContaining(message) as string,
      rollbackErrors: [],
    })
    expect({ versions: actors.versions(), clashes: actors.clashes }).toEqual({
      versions: ['1.0.0', '1.0.0'],
      clashes: [],
    })
  })

  it('I3 keeps no writer waiting for the rest of the rollback, as nothing was stopped', async () => {
    const clock = new ManualClock()
    const strategy = storeStrategy('clean', {
      discipline: 'stop-and-copy',
      deactivate: fail,
      handoff: (job, ctx) =>
        stopAndCopy<StoreProvider, Store, null, string>(job, ctx, {
          prepare: () => 'a connection',
          checkpoint: () => null,
          stop: closeStore,
          start: (provider) => provider.open(),
          abandon: () => new Promise(() => {}),
        }),
    })
    const host = new PluginHost({ strategies: [strategy], clock, timeouts: { rollback: 100 } })
    const handle = await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    const reloading = refusalOf(host.reload(handle, cleanStores('2.0.0')))
    await turn()
    expect({ write: await standing(store.write(1)), reload: await standing(reloading) }).toEqual({
      write: 'fulfilled',
      reload: 'pending',
    })
    clock.advance(100)
    expect(await reloading).toMatchObject({
      step: 'deactivate',
      rollbackErrors: [{ code: 'STEP_TIMEOUT', step: 'abandon' }],
    })
  })
})

it('a host of its own registry: what was handed over acts from outcome.commit() on', async () => {
  const actors = new Actors()
  const surface = STORES['pre-copy']
  const [before, after] = [new StoreProvider('only', '1'), new StoreProvider('only', '2')]
  const outcome = await new ReloadDispatcher([actors.strategy('pre-copy')]).dispatch({
    old: new OldProviders().add(surface, before),
    next: new OldProviders().add(surface, after),
    handlers: new ReloadKindHandlers().add(surface, { name: 'a', key: 'only', resource: before.make([1]) }),
  })
  expect(actors.versions()).toEqual([])
  outcome.commit()
  expect(actors.versions()).toEqual(['2'])
  expect(outcome.report).toMatchObject([{ resource: 'a', activationError: undefined }])
})
