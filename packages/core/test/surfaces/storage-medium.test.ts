import { PluginHost, type ReloadOptions } from '@uni/reload-core'
import {
  storageBackend,
  storageBackendHandoff,
  type Storage,
  type StorageBackendProvider,
} from '@uni/reload-core/surfaces'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { pass } from '../fixtures/baking.js'
import { turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { MemoryStorage, STORAGE_WORLDS, type StorageWorld } from '../fixtures/storage-worlds.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const WORLDS = Object.entries(STORAGE_WORLDS)
const ALL = WORLDS.flatMap(([name, make]) =>
  (['overlap', 'exclusive'] as const).map((cutover) => ({ name, make, cutover })),
)

const of = (version: string, provider: StorageBackendProvider): TestPlugin =>
  new TestPlugin('storages', version, {
    register: (registrar) => {
      registrar.provide(storageBackend, provider)
    },
  })

async function contentOf(storage: Storage): Promise<Record<string, number>> {
  const content: Record<string, number> = {}
  for await (const key of storage.keys()) content[key] = (await storage.get(key))?.[0] ?? -1
  return content
}

/** A host with one storage, and a record of its own of what was acknowledged. */
async function hostWith(world: StorageWorld, more: Partial<StorageBackendProvider> = {}, clock?: ManualClock) {
  const host = new PluginHost({ strategies: [storageBackendHandoff()], ...(clock && { clock }) })
  const handle = await host.add(of('1.0.0', world.provider(more)))
  const storage = await host.attach(storageBackend, {
    name: 'main',
    key: 'test',
    open: (provider) => provider.open('/data'),
  })
  const acknowledged: Record<string, number> = {}
  const put = async (key: string, value: number): Promise<void> => {
    await storage.write({ op: 'put', key, value: Uint8Array.of(value) })
    acknowledged[key] = value
  }
  const remove = async (key: string): Promise<void> => {
    await storage.write({ op: 'delete', key })
    delete acknowledged[key]
  }
  for (let at = 0; at < 5; at += 1) await put(`k${at}`, at)
  const served = (): Promise<Record<string, number>> => storage.use(contentOf)
  /** Writes as often as the reload lets it: new keys, the same keys again, and some that go. */
  async function under(reload: Promise<unknown>): Promise<void> {
    const state = { over: false }
    const done = (): void => {
      state.over = true
    }
    reload.then(done, done)
    for (let at = 0; !state.over; at += 1) {
      await put(`n${at}`, at % 200)
      await put('k1', at % 200)
      if (at % 3 === 0) await remove(`n${at}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await reload
  }
  return { host, handle, storage, acknowledged, put, remove, served, under }
}

describe('a storage that is reloaded', () => {
  it.each(ALL)('I4 keeps what it acknowledged: $name, $cutover', async ({ make, cutover }) => {
    const world = make()
    const { host, handle, acknowledged, served, under, put } = await hostWith(world)
    const reloading = host.reload(handle, of('2.0.0', world.provider()), { cutover })
    await under(reloading)
    await put('after', 1)
    expect(await served()).toEqual(acknowledged)
    expect((await (await reloading).finalized).errors).toEqual([])
    expect(world.opened.map(({ closed }) => closed)).toEqual([1, 0])
  })

  it.each(ALL)('I3 I4 keeps it where the reload is rolled back: $name, $cutover', async ({ make, cutover }) => {
    const world = make()
    const { host, handle, acknowledged, served, under, put } = await hostWith(world)
    const beside = (version: string, open: StorageBackendProvider['open']) =>
      new TestPlugin('other', version, {
        register: (registrar) => {
          registrar.provide(storageBackend, { scheme: 'other', medium: 'shared', open })
        },
      })
    const other = await host.add(beside('1.0.0', () => new MemoryStorage()))
    await host.attach(storageBackend, { name: 'other', key: 'other', open: (provider) => provider.open('/other') })
    const failing = beside('2.0.0', async () => {
      await turn()
      throw new Error('no disk')
    })
    const reloading = host.reloadAll(
      [
        { handle, plugin: of('2.0.0', world.provider()) },
        { handle: other, plugin: failing },
      ],
      { cutover },
    )
    expect(await refusalOf(under(reloading))).toMatchObject({ code: 'HANDOFF', resource: 'other', rollbackErrors: [] })
    await put('after', 1)
    expect(await served()).toEqual(acknowledged)
  })

  it.each(ALL)('T2 I4 keeps it where the reload is taken back: $name, $cutover', async ({ make, cutover }) => {
    const world = make()
    const clock = new ManualClock()
    const { host, handle, acknowledged, served, put, remove } = await hostWith(world, {}, clock)
    const { finalized } = await host.reload(handle, of('2.0.0', world.provider()), {
      cutover,
      bake: { ms: 1000, healthy: () => false },
    })
    await put('since', 1)
    await put('k2', 100)
    await remove('k3')
    await pass(clock, 1000)
    expect((await finalized).bake?.outcome).toBe('taken-back')
    expect(host.plugins()[0]?.version).toBe('1.0.0')
    expect(await served()).toEqual(acknowledged)
  })

  it.each([
    ['a shared medium', 'overlap', undefined, 'clean'],
    ['a private medium', 'overlap', undefined, 'pre-copy'],
    ['a lock', 'exclusive', 'old provider', 'stop-and-copy'],
  ] as const)('I10 the report says how: %s', async (name, cutover, cutoverBy, discipline) => {
    const world = STORAGE_WORLDS[name]()
    const { host, handle } = await hostWith(world)
    const { report } = await host.reload(handle, of('2.0.0', world.provider()))
    expect(report).toMatchObject({ cutover, handoffs: [{ cutover, cutoverBy, discipline }] })
    expect(report.phases.fence === undefined).toBe(cutover === 'overlap')
  })

  it.each(['overlap', 'exclusive'] as const)(
    'I4 is refused where its provider does not say what it is, and what to declare is said: %s',
    async (cutover) => {
      const world = STORAGE_WORLDS['a private medium']()
      for (const [old, next] of [
        [{}, { medium: 'private' }],
        [{ medium: 'private' }, {}],
      ] as const) {
        const unsaid = (said: Partial<StorageBackendProvider>) => {
          const { medium: _, ...rest } = world.provider()
          return { ...rest, ...said }
        }
        const host = new PluginHost({ strategies: [storageBackendHandoff()] })
        const handle = await host.add(of('1.0.0', unsaid(old)))
        // Nothing is open, so nothing can be lost.
        const { handle: again } = await host.reload(handle, of('1.0.1', unsaid(old)), { cutover })
        const storage = await host.attach(storageBackend, {
          name: 'main',
          key: 'test',
          open: (provider) => provider.open('/data'),
        })
        await storage.write({ op: 'put', key: 'k', value: Uint8Array.of(1) })
        const refused = await refusalOf(host.reload(again, of('2.0.0', unsaid(next)), { cutover }))
        expect(refused).toMatchObject({
          code: 'HANDOFF',
          phase: 'preflight',
          step: 'cutover',
          surface: 'storage-backend',
          resource: 'main',
          rollbackErrors: [],
        })
        expect(refused.message).toContain(`medium: 'shared'`)
        expect(await storage.use(contentOf)).toEqual({ k: 1 })
      }
    },
  )

  it('C4 is refused where its provider declares what there is not', async () => {
    const world = STORAGE_WORLDS['a private medium']()
    const { host, handle } = await hostWith(world)
    const next = of('2.0.0', world.provider({ medium: 'Shared' as 'shared' }))
    expect((await refusalOf(host.reload(handle, next))).message).toContain(
      `says medium: "Shared"; expected 'shared' or 'private'`,
    )
  })
})

describe('a storage whose medium changes with its version', () => {
  const CASES = WORLDS.flatMap(([from, make]) =>
    WORLDS.filter(([to]) => to !== from && (from === 'a private medium' || to === 'a private medium')).map(
      ([to, makeNext]) => ({ from, to, make, makeNext }),
    ),
  )

  it.each(CASES)('C5 I4 is copied: from $from to $to', async ({ make, makeNext }) => {
    const clock = new ManualClock()
    const [world, nextWorld] = [make(), makeNext()]
    const { host, handle, acknowledged, served, under } = await hostWith(world, {}, clock)
    const options: ReloadOptions = { bake: { ms: 1000, healthy: () => false } }
    const reloading = host.reload(handle, of('2.0.0', nextWorld.provider()), options)
    await under(reloading)
    expect(await served()).toEqual(acknowledged)
    expect(nextWorld.opened).toHaveLength(1)
    await pass(clock, 1000)
    expect((await (await reloading).finalized).bake?.outcome).toBe('taken-back')
    expect(await served()).toEqual(acknowledged)
  })

  it.each<
    [
      string,
      string,
      (world: { remove(key: string): Promise<void>; put(key: string, value: number): Promise<void> }) => Promise<void>,
    ]
  >([
    ['a key of its own', 'k4', ({ remove }) => remove('k4')],
    ['another value', 'k1', ({ put }) => put('k1', 77)],
  ])(
    'C5 I4 is refused where what is at the new location is of something else, and nothing of that is changed: %s',
    async (_, key, change) => {
      const shared = STORAGE_WORLDS['a shared medium']()
      const other = await hostWith(shared)
      const world = STORAGE_WORLDS['a private medium']()
      const { host, handle, remove, put, acknowledged, served } = await hostWith(world)
      await change({ remove, put })
      const refused = await refusalOf(host.reload(handle, of('2.0.0', shared.provider())))
      expect(refused).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'copy', rollbackErrors: [] })
      expect(refused.message).toContain(
        `the new storage already has the key "${key}", with a value that the old one does not have`,
      )
      expect(shared.opened.at(-1)?.closed).toBe(1)
      expect(await served()).toEqual(acknowledged)
      expect(await other.served()).toEqual(other.acknowledged)
    },
  )
})

describe('a copied storage that is not what it has to be', () => {
  const fails = (broken: Partial<Storage>) => async () => {
    const world = STORAGE_WORLDS['a private medium']()
    const { host, handle, acknowledged, served } = await hostWith(world)
    const opened: MemoryStorage[] = []
    const next = of(
      '2.0.0',
      world.provider({
        open() {
          const storage = Object.assign(new MemoryStorage(), broken)
          opened.push(storage)
          return storage
        },
      }),
    )
    const refused = await refusalOf(host.reload(handle, next))
    expect(refused).toMatchObject({ code: 'HANDOFF', phase: 'prepare', rollbackErrors: [] })
    expect(await served()).toEqual(acknowledged)
    expect(opened.map(({ closed }) => closed)).toEqual([1])
    return refused.message
  }

  it.each<[string, Partial<Storage>, string]>([
    ['loses what is put', { put: () => {} }, 'does not list the key "k0"'],
    [
      'gives something else back',
      { get: () => Uint8Array.of(7) },
      'does not give back the value that was put for the key "k0"',
    ],
    ['lists no keys', { keys: () => [] }, 'does not list the key "k0"'],
    [
      'cannot be closed either',
      {
        put: () => {
          throw new Error('full')
        },
      },
      'full',
    ],
  ])('I6 one that %s is refused, and closed', async (_, broken, message) => {
    expect(await fails(broken)()).toContain(message)
  })

  it.each<[string, Partial<Storage>, string]>([
    ['lists what is no key', { keys: () => [1 as unknown as string] }, 'a value of type number; a key is a string'],
    [
      'gives for a key what is no value',
      { get: () => 'text' as unknown as Uint8Array },
      'gave no Uint8Array for the key',
    ],
    ['has no value for a key that it lists', { get: () => undefined }, 'lists the key "k0", and has no value for it'],
  ])('I4 nothing is copied from an old one that %s', async (_, broken, message) => {
    const world = STORAGE_WORLDS['a private medium']()
    const { host, handle } = await hostWith(world)
    Object.assign(world.opened[0] as MemoryStorage, broken)
    expect((await refusalOf(host.reload(handle, of('2.0.0', world.provider())))).message).toContain(message)
    expect(world.opened[0]?.closed).toBe(0)
  })

  it('H4 I4 an old one may give out each value in the same buffer', async () => {
    const world = STORAGE_WORLDS['a private medium']()
    const { host, handle, acknowledged, served } = await hostWith(world)
    const old = world.opened[0] as MemoryStorage
    const get = old.get.bind(old)
    const buffer = new Uint8Array(1)
    Object.assign(old, {
      get: (key: string) => {
        buffer.set(get(key) ?? [])
        return buffer
      },
    })
    await host.reload(handle, of('2.0.0', world.provider()))
    expect(await served()).toEqual(acknowledged)
  })

  it('I4 a key that goes while the storage is copied is not missed', async () => {
    const world = STORAGE_WORLDS['a private medium']()
    const { host, handle, acknowledged, remove, served } = await hostWith(world)
    const old = world.opened[0] as MemoryStorage
    const get = old.get.bind(old)
    let removed: Promise<void> | undefined
    Object.assign(old, {
      get: async (key: string) => {
        if (removed === undefined) await (removed = remove('k3'))
        return get(key)
      },
    })
    await host.reload(handle, of('2.0.0', world.provider()))
    await removed
    expect(acknowledged).not.toHaveProperty('k3')
    expect(await served()).toEqual(acknowledged)
  })
})

it('I4 a storage that could not be opened again is not replaced by an empty one', async () => {
  const world = STORAGE_WORLDS['memory of its own, and a log that the next one reads']()
  let full = false
  const open = world.provider().open.bind(undefined)
  const { host, handle, storage, acknowledged, served } = await hostWith(world, {
    open: (at) => {
      if (full) throw new Error('full')
      return open(at)
    },
  })
  full = true
  await refusalOf(
    host.reload(
      handle,
      of(
        '2.0.0',
        world.provider({
          open: () => {
            throw new Error('no disk')
          },
        }),
      ),
    ),
  )
  expect(host.resources()).toMatchObject([{ state: 'halted' }])
  const empty = of('2.0.0', { scheme: 'test', medium: 'private', open: () => new MemoryStorage() })
  expect((await refusalOf(host.reload(handle, empty))).message).toContain('there is no open storage to copy from')
  full = false
  await storage.use(() => {})
  expect(await served()).toEqual(acknowledged)
})
