import { defineSurface, type LiveResource, type PluginHost, type Registrar, type Surface } from '@uni/reload-core'
import {
  aggregateFn,
  backgroundJob,
  hook,
  middleware,
  runHooks,
  runJob,
  runMiddleware,
  scalarFn,
  service,
  serviceOf,
  storageBackend,
  type BackgroundJobProvider,
  type ScalarFnProvider,
  type Storage,
} from '@uni/reload-core/surfaces'
import { describe, expectTypeOf, it } from 'vitest'

declare const host: PluginHost
declare const registrar: Registrar

describe('a surface that a host narrows', () => {
  it('gives functions of its types, and takes no others', () => {
    const distance = scalarFn.of<[from: number, to: number], number>()
    const lease = host.capture()
    expectTypeOf(lease.get(distance, 'km')).toEqualTypeOf<ScalarFnProvider<[from: number, to: number], number>>()
    expectTypeOf(lease.get(distance, 'km').call(1, 2)).toEqualTypeOf<number>()
    // @ts-expect-error it takes numbers
    lease.get(distance, 'km').call('1', 2)
    // @ts-expect-error it gives a number
    registrar.provide(distance, { name: 'km', call: (from: number, to: number) => `${from} ${to}` })
    registrar.provide(distance, { name: 'km', call: (from, to) => to - from })
  })

  it('gives functions of many rows their arguments, and the state that is between them', () => {
    const mean = aggregateFn.of<[delay: number], number, { sum: number; count: number }>()
    registrar.provide(mean, {
      name: 'mean',
      init: () => ({ sum: 0, count: 0 }),
      step: ({ sum, count }, delay) => ({ sum: sum + delay, count: count + 1 }),
      finish: ({ sum, count }) => sum / count,
    })
    const lease = host.capture()
    expectTypeOf(lease.get(mean, 'mean').step).parameters.toEqualTypeOf<
      [state: { sum: number; count: number }, delay: number]
    >()
    expectTypeOf(lease.get(mean, 'mean').finish({ sum: 1, count: 1 })).toEqualTypeOf<number>()
    // @ts-expect-error it takes numbers
    lease.get(mean, 'mean').step({ sum: 0, count: 0 }, '1')
    const longest = aggregateFn.of<[text: string], string>()
    expectTypeOf(lease.get(longest, 'longest').init()).toEqualTypeOf<unknown>()
  })

  it('gives storages what a host knows of its own', () => {
    interface Compacting extends Storage {
      compact(): Promise<void>
    }
    const compacting = storageBackend.of<Compacting>()
    expectTypeOf(host.capture().resource(compacting, 'films')).toEqualTypeOf<Compacting>()
    const open = (): Storage => host.capture().resource(storageBackend, 'films')
    // @ts-expect-error what it opens can be compacted
    registrar.provide(compacting, { scheme: 'memory', open })
  })

  it('gives jobs their input', async () => {
    const mail = backgroundJob.of<{ to: string }, number>()
    registrar.provide(mail, {
      name: 'mail',
      run: ({ input, id, attempt, signal }) => {
        expectTypeOf({ input, id, attempt, signal }).toEqualTypeOf<{
          input: { to: string }
          id: string
          attempt: number
          signal: AbortSignal
        }>()
        return input.to.length
      },
    })
    expectTypeOf(host.acquire(mail, 'mail').provider).toEqualTypeOf<BackgroundJobProvider<{ to: string }, number>>()
    expectTypeOf(await runJob<number>(host, 'mail', { input: { to: 'a' } })).toEqualTypeOf<number>()
  })
})

describe('a surface with writes', () => {
  it('says how one is applied', () => {
    const counters = defineSurface<object, object, number>({ id: 'counters', keyOf: () => 'only', apply: () => {} })
    expectTypeOf(counters).toEqualTypeOf<Surface<object, object, number>>()
    // @ts-expect-error writes that are not applied would be lost
    void (() => defineSurface<object, object, number>({ id: 'counters', keyOf: () => 'only' }))
    // @ts-expect-error without writes there is nothing to apply
    void (() => defineSurface<object, object>({ id: 'counters', keyOf: () => 'only', apply: () => {} }))
  })
})

describe('hooks, services and middleware', () => {
  interface Prices {
    of(article: string): number
    later(article: string): Promise<number>
  }
  interface Exchange {
    readonly url: string
  }

  it('have the types that plugins and hosts say, without a cast', async () => {
    registrar
      .provide(hook, { hook: 'sold', name: 'log', run: (article: string) => article.length })
      .provide(service, { name: 'prices', service: { of: () => 1, later: async () => 2 } satisfies Prices })
      .provide(middleware, { name: 'log', handle: (_exchange: Exchange, next) => next() })
    const prices = serviceOf<Prices>(host, 'prices')
    expectTypeOf(prices.of('tea')).toEqualTypeOf<number>()
    expectTypeOf(prices.later('tea')).toEqualTypeOf<Promise<number>>()
    expectTypeOf(await runHooks<[string], number>(host, 'sold', 'tea')).toEqualTypeOf<number[]>()
    await runMiddleware(host, { url: '/' }, ({ url }) => {
      expectTypeOf(url).toEqualTypeOf<string>()
    })
  })

  it('are refused where they do not fit', () => {
    // @ts-expect-error a hook is a function
    registrar.provide(hook, { hook: 'sold', name: 'log', run: 'log' })
    // @ts-expect-error a middleware handles
    registrar.provide(middleware, { name: 'log' })
    // @ts-expect-error a service is an object
    registrar.provide(service, { name: 'prices', service: 1 })
    // @ts-expect-error the service has no such method
    void (() => serviceOf<Prices>(host, 'prices').off())
    // @ts-expect-error the context has no such member
    void (() => runMiddleware(host, { url: '/' }, ({ path }) => void path))
    expectTypeOf(registrar.provide(service, { name: 'prices', service: {} })).toEqualTypeOf<Registrar>()
  })
})

describe('what is opened for a surface', () => {
  const rooms: Surface<object, { join(): void }> = defineSurface<object, { join(): void }>({
    id: 'rooms',
    keyOf: () => 'only',
  })

  it('is what the surface says', () => {
    // @ts-expect-error a room can be joined
    void (() => host.attach(rooms, { name: 'lobby', key: 'only', open: () => ({}) }))
    // @ts-expect-error a room can be joined
    void (() => registrar.open(rooms, { name: 'lobby', key: 'only', open: () => ({}) }))
    expectTypeOf(
      host.attach(rooms, { name: 'lobby', key: 'only', open: () => ({ join() {} }) }),
    ).resolves.toEqualTypeOf<LiveResource<{ join(): void }, never>>()
  })
})
