import {
  OldProviders,
  PluginHost,
  ReloadDispatcher,
  ReloadKindHandlers,
  cleanHandoff,
  preCopy,
  stopAndCopy,
  type Cutover,
  type HandoffStrategy,
  type Plugin,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../fixtures/deferred.js'
import { STORES, StoreProvider, type Store } from '../fixtures/store.js'

type StoreHandoff = HandoffStrategy<StoreProvider, Store, number>

/** Strategies that supply no more than they must. */
const BARE: Record<string, StoreHandoff> = {
  clean: cleanHandoff(STORES.clean, { medium: 'shared', open: (provider) => provider.make([1]) }),
  'pre-copy': {
    surface: STORES['pre-copy'],
    discipline: 'pre-copy',
    handoff: (job, ctx) =>
      preCopy(job, ctx, {
        snapshot: (store) => [...store.entries],
        restore: (provider, entries) => provider.make([...entries]),
      }),
  },
  'stop-and-copy': {
    surface: STORES['stop-and-copy'],
    discipline: 'stop-and-copy',
    handoff: (job, ctx) =>
      stopAndCopy(job, ctx, {
        checkpoint: (store) => [...store.entries],
        stop: () => {},
        start: (provider, entries) => provider.make([...entries]),
      }),
  },
}
const CASES = Object.keys(BARE).flatMap((discipline) =>
  (['overlap', 'exclusive'] as const).map((cutover) => ({ discipline, cutover })),
)

function bare(discipline: string, cutover: Cutover) {
  const strategy = BARE[discipline] as StoreHandoff
  const { surface } = strategy
  const [before, after] = [new StoreProvider('only', '1'), new StoreProvider('only', '2')]
  const store = before.make([1])
  const dispatcher = new ReloadDispatcher([strategy])
  const dispatch = (resource = store) =>
    dispatcher.dispatch({
      old: new OldProviders().add(surface, before),
      next: new OldProviders().add(surface, after),
      cutover,
      handlers: new ReloadKindHandlers().add(surface, { name: 'a', key: 'only', resource }),
    })
  return { strategy, surface, after, dispatch, store }
}

describe('a strategy with none of the verbs that are optional', () => {
  it.each(CASES)('I4 I7 moves a resource: $discipline, $cutover', async ({ discipline, cutover }) => {
    const { surface, after, dispatch } = bare(discipline, cutover)
    const outcome = await dispatch()
    outcome.commit()
    await outcome.finalize()
    expect(outcome.resources(surface).get('a')).toBe(after.made[0])
    expect(after.made.map(({ entries }) => entries)).toEqual([[1]])
  })

  it.each(CASES)('I3 gives it back: $discipline, $cutover', async ({ discipline, cutover }) => {
    const { surface, dispatch } = bare(discipline, cutover)
    const outcome = await dispatch()
    await outcome.rollback()
    expect(outcome.resources(surface)).toEqual(new Map())
  })

  it.each(['clean', 'pre-copy'])('I7 takes a reload back: %s', async (discipline) => {
    const { strategy, surface } = bare(discipline, 'overlap')
    const clock = new ManualClock()
    const host = new PluginHost({ clock, strategies: [strategy] })
    const of = (version: string): Plugin => ({
      manifest: { id: 'bare', version },
      register: (registrar) => {
        registrar.provide(surface, new StoreProvider('only', version))
      },
    })
    const handle = await host.add(of('1.0.0'))
    await host.attach(surface, { name: 'a', key: 'only', open: (provider) => provider.make([]) })
    const { finalized } = await host.reload(handle, of('2.0.0'), { bake: { ms: 10, healthy: () => false } })
    clock.advance(10)
    const { bake } = await finalized
    const [result] = bake?.outcome === 'taken-back' ? bake.results : []
    expect((await result?.finalized)?.errors).toEqual([])
  })

  it('closes a clean resource that leaves as one that needs no closing', async () => {
    const { strategy, store } = bare('clean', 'overlap')
    expect(await strategy.close?.(store)).toBeUndefined()
  })

  it('I6 an exclusive pre-copy without a meaning to hold the new resource to goes by the image alone', async () => {
    const { after, dispatch } = bare('pre-copy', 'exclusive')
    after.make = () => {
      throw new Error('cannot read it')
    }
    expect(await failureOf(dispatch())).toMatchObject({ code: 'HANDOFF', step: 'start' })
  })
})
