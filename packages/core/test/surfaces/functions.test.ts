import { PluginHost, type Plugin } from '@uni/reload-core'
import {
  aggregateFn,
  aggregateFnHandoff,
  scalarFn,
  scalarFnHandoff,
  type AggregateFnProvider,
  type ScalarFnProvider,
} from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

function functions(
  version: string,
  { scalars = [], aggregates = [] }: { scalars?: ScalarFnProvider[]; aggregates?: AggregateFnProvider<number>[] },
): Plugin {
  return new TestPlugin('functions', version, {
    register: (registrar) => {
      for (const scalar of scalars) registrar.provide(scalarFn, scalar)
      for (const aggregate of aggregates) registrar.provide(aggregateFn, aggregate)
    },
  })
}

const strategies = [scalarFnHandoff(), aggregateFnHandoff()]

describe('scalarFn', () => {
  it('I1 a query in flight goes on with the function it captured, the next one has the new one', async () => {
    await using host = new PluginHost({ strategies })
    const handle = await host.add(functions('1.0.0', { scalars: [{ name: 'double', call: (x) => Number(x) * 2 }] }))
    {
      using query = host.capture()
      const rows = [query.get(scalarFn, 'double').call(1)]
      await host.reload(
        handle,
        functions('2.0.0', { scalars: [{ name: 'double', call: (x) => `${String(x)}${String(x)}` }] }),
      )
      rows.push(query.get(scalarFn, 'double').call(2))
      expect(rows).toEqual([2, 4])
    }
    using query = host.capture()
    expect(query.get(scalarFn, 'double').call(3)).toBe('33')
  })

  it('refuses a provider without call: PLUGIN', async () => {
    await using host = new PluginHost({ strategies })
    expect(
      await refusalOf(host.add(functions('1.0.0', { scalars: [{ name: 'double' } as ScalarFnProvider] }))),
    ).toMatchObject({ code: 'PLUGIN', surface: 'scalar-fn' })
  })
})

describe('aggregateFn', () => {
  const sum = (weight: number): AggregateFnProvider<number> => ({
    name: 'sum',
    init: () => 0,
    step: (state, x) => state + Number(x) * weight,
    finish: (state) => state,
  })

  it('I1 a state is begun, stepped and finished by one version', async () => {
    await using host = new PluginHost({ strategies })
    const handle = await host.add(functions('1.0.0', { aggregates: [sum(1)] }))
    const over = async (rows: readonly number[], between: () => Promise<unknown>): Promise<unknown> => {
      using lease = host.acquire(aggregateFn, 'sum', { label: 'query' })
      const { provider } = lease
      let state = provider.init()
      for (const row of rows) {
        state = provider.step(state, row)
        await between()
      }
      return provider.finish(state)
    }
    let reloads = 0
    expect(
      await over([1, 2, 3], async () => {
        reloads += 1
        if (reloads === 1) await host.reload(handle, functions('2.0.0', { aggregates: [sum(10)] }))
      }),
    ).toBe(6)
    expect(await over([1, 2, 3], async () => {})).toBe(60)
  })

  it('refuses a provider that lacks a part of it: PLUGIN', async () => {
    await using host = new PluginHost({ strategies })
    const error = await refusalOf(
      host.add(functions('1.0.0', { aggregates: [{ name: 'sum', init: () => 0 } as AggregateFnProvider<number>] })),
    )
    expect(error).toMatchObject({ code: 'PLUGIN', surface: 'aggregate-fn', key: 'sum' })
    expect(error.message).toContain('step, finish')
  })
})
