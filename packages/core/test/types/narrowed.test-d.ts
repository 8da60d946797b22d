import { defineSurface, type PluginHost, type Registrar, type Surface } from '@uni/reload-core'
import {
  backgroundJob,
  runJob,
  scalarFn,
  type BackgroundJobProvider,
  type ScalarFnProvider,
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
