import { OldProviders, ReloadDispatcher, ReloadKindHandlers, cleanHandoff } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { sceneOfOne } from '../fixtures/store-scene.js'
import { STORES, StoreProvider, type Store } from '../fixtures/store.js'

const part = { discipline: 'clean' } as const

describe('a clean handoff', () => {
  it('I2 I7 opens the new resource beside the old one, which is closed by the finalization', async () => {
    const { scene, part: storage } = sceneOfOne(part)
    const outcome = await scene.dispatch()
    expect(storage.newStores).toHaveLength(1)
    expect(outcome.resources(STORES.clean)).toEqual(new Map([['only', storage.newStores[0]]]))
    outcome.commit()
    expect(storage.store.closed).toBe(0)
    await outcome.finalize()
    expect(storage.store.closed).toBe(1)
    expect(await storage.breaches('new')).toEqual([])
  })

  it('I3 I7 closes the new resource once where it is rolled back, and not the old one', async () => {
    const { scene, part: storage } = sceneOfOne(part)
    const outcome = await scene.dispatch()
    await outcome.rollback()
    expect(storage.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I2 lets writes through while the new resource opens', async () => {
    const { scene, part: storage } = sceneOfOne(part)
    const opening = new Deferred()
    storage.next.breakNext('open', async (run) => {
      await opening.promise
      return run()
    })
    const dispatching = scene.dispatch()
    await storage.write(3)
    opening.resolve()
    const outcome = await dispatching
    outcome.commit()
    expect(await storage.breaches('new')).toEqual([])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no disk')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no disk'))],
    ['opens undefined', () => undefined],
    ['opens null', () => Promise.resolve(null)],
  ])('I3 leaves the old resource where the new provider %s', async (_, fault) => {
    const { scene, part: storage } = sceneOfOne(part)
    storage.next.breakNext('open', fault)
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      step: 'open',
      rollbackErrors: [],
    })
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I7 refuses a provider that opens the resource that serves: it would be closed while it serves', async () => {
    const { scene, part: storage } = sceneOfOne(part)
    storage.next.breakNext('open', () => storage.store)
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF',
      step: 'open',
      message: expect.stringContaining('got the old one itself') as string,
    })
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 closes a resource that opens after the deadline', async () => {
    const { scene, part: storage, clock } = sceneOfOne(part, { timeouts: { prepare: 100 } })
    const late = new Deferred()
    storage.next.breakNext('open', async (run) => {
      await late.promise
      return run()
    })
    const failure = failureOf(scene.dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', step: 'open' })
    late.resolve()
    await turn()
    expect(storage.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('opens as the host says where the strategy does not, and fails where nobody does', async () => {
    const surface = STORES.clean
    const dispatcher = new ReloadDispatcher([cleanHandoff(surface, { medium: 'shared' })])
    const [before, after] = [new StoreProvider('only', '1'), new StoreProvider('only', '2')]
    const providers = { old: new OldProviders().add(surface, before), next: new OldProviders().add(surface, after) }
    const resource = before.make([])
    const outcome = await dispatcher.dispatch({
      ...providers,
      handlers: new ReloadKindHandlers().add(surface, {
        name: 'a',
        key: 'only',
        resource,
        open: (provider) => provider.open(),
      }),
    })
    expect(outcome.resources(surface).get('a')?.provider).toBe(after)
    await outcome.rollback()
    expect(
      await failureOf(
        dispatcher.dispatch({
          ...providers,
          handlers: new ReloadKindHandlers().add(surface, { name: 'a', key: 'only', resource }),
        }),
      ),
    ).toMatchObject({
      code: 'HANDOFF',
      step: 'open',
      message: expect.stringContaining('neither the strategy nor the host says how to open') as string,
    })
  })

  it.each([
    ['and is closed again', () => {}],
    [
      'also where it cannot be closed',
      () => {
        throw new Error('it never opened')
      },
    ],
  ])('I10 refuses a new resource without the methods that a live one must have, %s', async (_, onClose) => {
    const surface = STORES.clean
    const closed: unknown[] = []
    const strategy = cleanHandoff(surface, {
      medium: 'shared',
      methods: ['append', 'close'],
      close: (resource) => {
        closed.push(resource)
        onClose()
      },
    })
    const [before, after] = [new StoreProvider('only', '1'), new StoreProvider('only', '2')]
    const useless = { provider: after, entries: [], append: () => {} }
    let opened: unknown = useless
    const dispatch = () =>
      new ReloadDispatcher([strategy]).dispatch({
        old: new OldProviders().add(surface, before),
        next: new OldProviders().add(surface, after),
        handlers: new ReloadKindHandlers().add(surface, {
          name: 'a',
          key: 'only',
          resource: before.make([]),
          open: () => opened as Store,
        }),
      })
    expect(await failureOf(dispatch())).toMatchObject({
      code: 'HANDOFF',
      step: 'open',
      message: expect.stringContaining('a live resource with append, close, and got one without close') as string,
    })
    expect(closed).toEqual([useless])
    opened = { ...useless, append: undefined }
    expect(await failureOf(dispatch())).toMatchObject({
      message: expect.stringContaining('and got one without append, close') as string,
    })
    opened = after.make([])
    expect((await dispatch()).resources(surface).get('a')).toBe(opened)
  })
})

describe('a clean handoff of what takes writes', () => {
  const surface = STORES.clean

  it('C4 I4 has to say why none is lost', () => {
    const unsaid = cleanHandoff as (surface: unknown, options?: unknown) => unknown
    for (const options of [undefined, {}, { close: () => {} }, { cutover: 'overlap' }, { medium: 'private' }]) {
      expect(() => unsaid(surface, options)).toThrow(
        /surface "clean-store" takes writes, and a clean handoff moves none: say medium: 'shared' if .* by preCopy or stopAndCopy/,
      )
    }
  })

  it.each(['exclusive', 'overlap'] as const)(
    'may say that it is exclusive, whatever the caller says: %s',
    async (cutover) => {
      const dispatcher = new ReloadDispatcher([
        cleanHandoff(surface, { cutover: 'exclusive', close: (store) => store.close() }),
      ])
      const [before, after] = [new StoreProvider('only', '1'), new StoreProvider('only', '2')]
      const resource = before.make([])
      after.breakNext('open', (run) => {
        expect(resource.closed).toBe(1)
        return run()
      })
      const outcome = await dispatcher.dispatch({
        old: new OldProviders().add(surface, before),
        next: new OldProviders().add(surface, after),
        cutover,
        handlers: new ReloadKindHandlers().add(surface, {
          name: 'a',
          key: 'only',
          resource,
          open: (provider) => provider.open(),
        }),
      })
      expect(outcome.report).toMatchObject([
        { cutover: 'exclusive', cutoverBy: cutover === 'exclusive' ? 'caller' : 'old provider' },
      ])
      await outcome.rollback()
    },
  )
})

describe('a clean handoff with an exclusive cutover', () => {
  it('I3 closes the old resource before it opens the new one', async () => {
    const { scene, part: storage } = sceneOfOne(part, { cutover: 'exclusive' })
    storage.next.breakNext('open', (run) => {
      expect(storage.store.closed).toBe(1)
      return run()
    })
    const outcome = await scene.dispatch()
    outcome.commit()
    await outcome.finalize()
    expect(storage.store.closed).toBe(1)
    expect(await storage.breaches('new')).toEqual([])
  })

  it('I3 opens it again with the old provider where the new one fails', async () => {
    const { scene, part: storage } = sceneOfOne(part, { cutover: 'exclusive' })
    storage.next.breakNext('open', () => {
      throw new Error('no lock')
    })
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'start',
      rollbackErrors: [],
    })
    expect(storage.replaced).toEqual([{ resource: storage.gate.resource }])
    expect(await scene.breaches('old')).toEqual([])
  })
})
