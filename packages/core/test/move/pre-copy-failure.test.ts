import { OldProviders, ReloadDispatcher, ReloadKindHandlers, preCopy, type HandoffStrategy } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { STORES, StoreProvider, type Store } from '../fixtures/store.js'
import { sceneOfOne } from '../fixtures/store-scene.js'

describe('pre-copy: what a failure leaves', () => {
  it('I8 an image that arrives after the deadline is discarded once', async () => {
    const { scene, part, clock } = sceneOfOne({}, { timeouts: { prepare: 100 } })
    const late = new Deferred()
    part.old.breakNext('persist', async (run) => {
      await late.promise
      return run()
    })
    const failure = failureOf(scene.dispatch())
    await turn()
    const write = part.write(3)
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'prepare', step: 'persist' })
    await write
    late.resolve()
    await turn()
    expect(part.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 a resource opened after the deadline is closed once, and the image is not kept for it', async () => {
    const { scene, part, clock } = sceneOfOne({}, { timeouts: { prepare: 100 } })
    const late = new Deferred()
    part.next.breakNext('open', async (run) => {
      await late.promise
      return run()
    })
    const failure = failureOf(scene.dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'prepare', step: 'open' })
    expect(part.newStores).toEqual([])
    late.resolve()
    await turn()
    expect(part.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 a provider that opens the old resource itself is refused, and the old one is not closed for it', async () => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', () => part.store)
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', step: 'open' })
    expect(part.store.closed).toBe(0)
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 an old resource handed back after the deadline is not closed either', async () => {
    const { scene, part, clock } = sceneOfOne({}, { timeouts: { prepare: 100 } })
    const late = new Deferred()
    part.next.breakNext('open', () => late.promise.then(() => part.store))
    const failure = failureOf(scene.dispatch())
    await turn()
    clock.advance(100)
    await failure
    late.resolve()
    await turn()
    expect(part.store.closed).toBe(0)
    expect(await scene.breaches('old')).toEqual([])
  })

  it.each(['undefined', 'null'])('I3 a provider that opens %s is refused at the step', async (nothing) => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', () => (nothing === 'null' ? null : undefined))
    const error = await failureOf(scene.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'open', rollbackErrors: [] })
    expect(String(error)).toContain(`got ${nothing}`)
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 a rollback closes the new resource and the image once each, also where closing fails', async () => {
    const { scene, part } = sceneOfOne({})
    const outcome = await scene.dispatch()
    part.next.breakNext('close', (run) => {
      run()
      throw new Error('closing failed')
    })
    const write = part.write(3)
    const failure = await failureOf(outcome.rollback())
    expect(failure).toMatchObject({ errors: [{ code: 'HANDOFF', phase: 'rollback', step: 'close' }] })
    await write
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 a close that hangs in the rollback does not keep the image', async () => {
    const { scene, part, clock } = sceneOfOne({}, { timeouts: { rollback: 100 } })
    const outcome = await scene.dispatch()
    part.next.breakNext('close', (run) => {
      run()
      return new Promise(() => {})
    })
    const rolling = failureOf(outcome.rollback())
    await turn()
    clock.advance(100)
    expect(await rolling).toMatchObject({ errors: [{ code: 'STEP_TIMEOUT', step: 'close' }] })
    expect(part.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 writes go on during a rollback whose close is slow', async () => {
    const { scene, part } = sceneOfOne({})
    const outcome = await scene.dispatch()
    const closing = new Deferred()
    part.next.breakNext('close', async (run) => {
      await closing.promise
      run()
    })
    const rolling = outcome.rollback()
    await part.write(3)
    expect(part.store.entries).toEqual([1, 2, 3])
    closing.resolve()
    await rolling
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 a gate that its owner closes in the middle fails the handoff, and leaves no image or new resource', async () => {
    const { scene, part } = sceneOfOne({})
    part.old.isolated = true
    part.old.breakNext('persist', (run) => {
      const image = run()
      void part.gate.close()
      return image
    })
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'hold writes',
      rollbackErrors: [],
    })
    expect(part.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(part.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(part.gate.state).toBe('closed')
  })
})

it.each(['overlap', 'exclusive'] as const)(
  'I10 I7 refuses a restored resource without the methods that a live one must have, and closes it: %s',
  async (cutover) => {
    const surface = STORES['pre-copy']
    const closed: unknown[] = []
    const strategy: HandoffStrategy<StoreProvider, Store, number> = {
      surface,
      discipline: 'pre-copy',
      handoff: (job, ctx) =>
        preCopy(job, ctx, {
          snapshot: () => 'image',
          restore: (provider) => (provider.version === '2' ? useless : provider.make([])),
          close: (store) => {
            closed.push(store)
          },
          methods: ['append', 'close'],
        }),
    }
    const [before, after] = [new StoreProvider('only', '1'), new StoreProvider('only', '2')]
    const useless = { provider: after, append: () => {} } as unknown as Store
    const dispatch = new ReloadDispatcher([strategy]).dispatch({
      old: new OldProviders().add(surface, before),
      next: new OldProviders().add(surface, after),
      cutover,
      handlers: new ReloadKindHandlers().add(surface, { name: 'a', key: 'only', resource: before.make([]) }),
    })
    expect(await failureOf(dispatch)).toMatchObject({
      code: 'HANDOFF',
      message: expect.stringContaining('a live resource with append, close, and got one without close') as string,
      rollbackErrors: [],
    })
    expect(closed.filter((store) => store === useless)).toHaveLength(1)
  },
)
