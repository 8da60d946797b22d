import { PluginHost, type LiveResource, type Plugin, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { memory, memoryHandoff, openMemory, SchemaError, type Memory, type MemoryProvider } from '../src/index.js'

type Counts = Record<string, number>
type Provider = MemoryProvider<Counts, string>

const visits = memory<Counts, string>('visits')
const counting: Provider = {
  name: 'visits',
  initial: () => ({}),
  apply: (counts, page) => void (counts[page] = (counts[page] ?? 0) + 1),
}

function plugin(version: string, provider: Partial<Provider> = {}): Plugin {
  return {
    manifest: { id: 'visits', version },
    register: (registrar) => void registrar.provide(visits, { ...counting, ...provider }),
  }
}

interface Scene {
  readonly clock: ManualClock
  readonly host: PluginHost
  readonly handle: PluginHandle
  readonly live: LiveResource<Memory<Counts, string>, string>
}

/** A host that has counted one visit of `/`. */
async function counted(provider: Partial<Provider> = {}): Promise<Scene> {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [memoryHandoff(visits)], clock })
  const handle = await host.add(plugin('1.0.0', provider))
  const live = await host.attach(visits, { name: 'main', key: 'visits', open: openMemory() })
  await live.write('/')
  return { clock, host, handle, live }
}

const valueOf = <T, W>(live: LiveResource<Memory<T, W>, W>): Promise<T> => live.use(({ value }) => value)

describe('a value in memory', () => {
  it('M1 I4 goes on with the next version, with the writes made meanwhile', async () => {
    const { host, handle, live } = await counted()
    const reloading = host.reload(handle, plugin('2.0.0'))
    await live.write('/')
    await reloading
    await live.write('/about')
    expect(await valueOf(live)).toEqual({ '/': 2, '/about': 1 })
  })

  it('M1 is replaced by what apply returns', async () => {
    const { live } = await counted({ apply: (counts, page) => ({ ...counts, [page]: 9 }) })
    await live.write('/about')
    expect(await valueOf(live)).toEqual({ '/': 9, '/about': 9 })
  })

  it('M1 is written to by the version that serves', async () => {
    const { host, handle, live } = await counted()
    await host.reload(handle, plugin('2.0.0', { apply: (counts, page) => void (counts[page] = -1) }))
    await live.write('/about')
    expect(await valueOf(live)).toEqual({ '/': 1, '/about': -1 })
  })

  it('M2 the copy shares nothing with what the old version has', async () => {
    const { host, handle, live } = await counted({ initial: () => ({}) })
    const before = await valueOf(live)
    await host.reload(handle, plugin('2.0.0'))
    await live.write('/')
    expect([before, await valueOf(live)]).toEqual([{ '/': 1 }, { '/': 2 }])
  })

  it('M5 I7 comes back, with every write, when its reload is taken back', async () => {
    const { clock, host, handle, live } = await counted()
    const { finalized } = await host.reload(handle, plugin('2.0.0'), { bake: { ms: 10, healthy: () => false } })
    await live.write('/')
    clock.advance(10)
    expect((await finalized).bake?.outcome).toBe('taken-back')
    expect(await valueOf(live)).toEqual({ '/': 2 })
  })
})

describe('a schema', () => {
  const SCHEMAS = {
    zod: z.record(z.string(), z.number()),
    valibot: v.record(v.string(), v.number()),
    arktype: type('Record<string, number>'),
  }
  const STRICT = {
    zod: z.record(z.string(), z.string()),
    valibot: v.record(v.string(), v.string()),
    arktype: type('Record<string, string>'),
  }

  it.each(Object.entries(SCHEMAS))('M3 of %s that takes the value as it is: compatible', async (_, schema) => {
    const { host, handle, live } = await counted()
    const { report } = await host.reload(handle, plugin('2.0.0', { schema }))
    expect(report.compat).toMatchObject([{ verdict: { level: 'compatible' } }])
    expect(await valueOf(live)).toEqual({ '/': 1 })
  })

  it.each(Object.entries(STRICT))('M3 I6 of %s that refuses it: the old version serves', async (_, schema) => {
    const { host, handle, live } = await counted()
    await expect(host.reload(handle, plugin('2.0.0', { schema: schema as never }))).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining('the value of "main": the schema refuses the value: value./: '),
    })
    await live.write('/')
    expect(await valueOf(live)).toEqual({ '/': 2 })
  })

  it('M3 that changes it: a migration, and its output is what serves', async () => {
    const schema = z.record(z.string(), z.number()).transform((counts) => ({ ...counts, '/new': 0 }))
    const { host, handle, live } = await counted()
    const { report } = await host.reload(handle, plugin('2.0.0', { schema }))
    expect(report.compat).toMatchObject([
      { verdict: { level: 'migrate', reason: 'reading it changes the value of "main"' } },
    ])
    expect(await valueOf(live)).toEqual({ '/': 1, '/new': 0 })
  })

  it('M3 sees what migrate makes of it, which is told the version before', async () => {
    const seen: unknown[] = []
    const { host, handle, live } = await counted()
    const { report } = await host.reload(
      handle,
      plugin('2.0.0', {
        schema: z.strictObject({ total: z.number() }) as never,
        migrate: (value, from) => {
          seen.push(from)
          return { total: Object.values(value as Counts).reduce((sum, count) => sum + count, 0) }
        },
        apply: (counts) => void (counts['total'] = (counts['total'] ?? 0) + 1),
      }),
    )
    await live.write('/')
    expect(await valueOf(live)).toEqual({ total: 2 })
    expect(report.compat).toMatchObject([{ verdict: { level: 'migrate' } }])
    expect(new Set(seen.map((from) => JSON.stringify(from)))).toEqual(new Set(['{"id":"visits","version":"1.0.0"}']))
  })

  it('M3 I6 where there is neither: unjudged, or refused where the host says so', async () => {
    const { host, handle, live } = await counted()
    const { report } = await host.reload(handle, plugin('2.0.0'))
    const reason = 'the new version has neither a schema nor a migrate to hold the value to'
    expect(report.compat).toMatchObject([{ verdict: { level: 'unjudged', reason } }])

    const strict = new PluginHost({ strategies: [memoryHandoff(visits)], unjudged: 'refuse' })
    const first = await strict.add(plugin('1.0.0'))
    // Without a value there is nothing that would have to be held to anything.
    const { handle: second } = await strict.reload(first, plugin('2.0.0'))
    await strict.attach(visits, { name: 'main', key: 'visits', open: openMemory() })
    await expect(strict.reload(second, plugin('3.0.0'))).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining(reason) as string,
    })
    expect(await valueOf(live)).toEqual({ '/': 1 })
  })

  it('M3 that refuses says where, of the first three issues, and how many more there are', () => {
    const issue = (nth: number) => ({ message: `wrong ${nth}`, path: ['pages', { key: nth }] })
    const three = 'the schema refuses the value: value.pages.1: wrong 1; value.pages.2: wrong 2; value.pages.3: wrong 3'
    const issues = [1, 2, 3, 4, 5].map(issue)
    expect(new SchemaError(issues.slice(0, 3))).toMatchObject({ name: 'SchemaError', message: three })
    expect(new SchemaError(issues)).toMatchObject({ message: `${three}; and 2 more`, issues })
    expect(new SchemaError([{ message: 'no map' }]).message).toBe('the schema refuses the value: value: no map')
  })

  it('M3 I6 a migrate that throws refuses the reload', async () => {
    const { host, handle, live } = await counted()
    const broken = plugin('2.0.0', {
      migrate: () => {
        throw new Error('no such field')
      },
    })
    await expect(host.reload(handle, broken)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining('the value of "main": no such field'),
    })
    expect(await valueOf(live)).toEqual({ '/': 1 })
  })
})

it.each(['initial', 'apply'])('a provider without %s is refused when it is registered', async (method) => {
  const surface = memory<Counts, string>('visits')
  const host = new PluginHost({ strategies: [memoryHandoff(surface)] })
  await expect(
    host.add({
      manifest: { id: 'visits', version: '1.0.0' },
      register: (registrar) => void registrar.provide(surface, { ...counting, [method]: undefined }),
    }),
  ).rejects.toMatchObject({ code: 'PLUGIN', key: 'visits', message: expect.stringContaining(method) as string })
})

describe('a copy', () => {
  class Counter {
    constructor(readonly count: number) {}
  }
  const counters = memory<{ counter: Counter | (() => void) }, number>('counters')
  const counterPlugin = (
    version: string,
    provider: Partial<MemoryProvider<{ counter: Counter | (() => void) }, number>> = {},
  ): Plugin => ({
    manifest: { id: 'counters', version },
    register: (registrar) =>
      void registrar.provide(counters, {
        name: 'counter',
        initial: () => ({ counter: new Counter(1) }),
        apply: (value, count) => void (value.counter = new Counter(count)),
        ...provider,
      }),
  })

  async function reloaded(...providers: Partial<MemoryProvider<{ counter: Counter | (() => void) }, number>>[]) {
    const host = new PluginHost({ strategies: [memoryHandoff(counters)] })
    const [old, next] = providers
    const handle = await host.add(counterPlugin('1.0.0', old))
    const live = await host.attach(counters, { name: 'main', key: 'counter', open: openMemory() })
    await live.write(2)
    await host.reload(handle, counterPlugin('2.0.0', next ?? old))
    return valueOf(live)
  }

  it('M2 I4 that is another value is refused: instances of classes need a codec', async () => {
    await expect(reloaded({})).rejects.toMatchObject({
      code: 'HANDOFF',
      message: expect.stringContaining('the value of "counter" is another one when structuredClone has copied it'),
    })
  })

  it('M2 of what cannot be copied is refused, and says what to do', async () => {
    await expect(reloaded({ initial: () => ({ counter: () => {} }), apply: () => {} })).rejects.toMatchObject({
      message: expect.stringMatching(/structuredClone cannot copy the value of "counter".*Give the provider a codec/),
    })
  })

  it('M2 is made by the codec where there is one', async () => {
    const codec = {
      encode: ({ counter }: { counter: Counter | (() => void) }) => (counter as Counter).count,
      decode: (image: unknown) => ({ counter: new Counter(image as number) }),
    }
    expect(await reloaded({ codec })).toEqual({ counter: new Counter(2) })
  })
})

describe('a stored value', () => {
  it('M4 is read as in a reload when it is opened', async () => {
    const { host, live } = await counted({ schema: z.record(z.string(), z.number()) })
    const image = await live.use((open) => open.image())
    const again = await host.attach(visits, { name: 'again', key: 'visits', open: openMemory({ image }) })
    expect(await valueOf(again)).toEqual({ '/': 1 })
    const refused = host.attach(visits, { name: 'bad', key: 'visits', open: openMemory({ image: { '/': 'one' } }) })
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('the schema refuses the value') })
    expect(host.resources().map(({ name }) => name)).toEqual(['main', 'again'])
  })
})
