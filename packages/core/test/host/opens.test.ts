import { PluginHost, type LiveResource, type ReloadEvent } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin, type PluginHooks } from '../fixtures/test-plugin.js'

const STORE = STORES['pre-copy']

/** A plugin that provides stores, and has the host open some of them. */
class Opening extends TestPlugin {
  readonly provider: StoreProvider
  readonly handles: LiveResource<Store, number>[] = []

  constructor(
    version: string,
    names: readonly string[],
    { id = 'stores', ...hooks }: PluginHooks & { id?: string } = {},
  ) {
    super(id, version, {
      register: (registrar) => {
        registrar.provide(STORE, this.provider)
        for (const name of names) this.handles.push(registrar.open(STORE, openStore(name, id)))
      },
      ...hooks,
    })
    this.provider = new StoreProvider(id, version)
  }

  get made(): readonly Store[] {
    return this.provider.made
  }

  get handle(): LiveResource<Store, number> {
    return this.handles[0] as LiveResource<Store, number>
  }
}

/** A plugin that has the host open a store with the provider of another. */
function borrower(version: string, names: readonly string[], dependsOn = [{ id: 'stores', range: '*' }]): TestPlugin {
  return new TestPlugin('borrower', version, {
    dependsOn,
    register: (registrar) => {
      for (const name of names) registrar.open(STORE, openStore(name))
    },
  })
}

function hostOfStores() {
  const events: ReloadEvent[] = []
  const host = new PluginHost({
    ranges: npmRanges,
    strategies: [storeStrategy('pre-copy')],
    observer: (event) => void events.push(event),
  })
  return { host, events }
}

const names = (host: PluginHost): string[] => host.resources().map(({ name, plugin }) => `${name} of ${plugin}`)

describe('a resource that a plugin has the host open', () => {
  it('O16 is in service at the commit of the install, opened with its own provider', async () => {
    const { host, events } = hostOfStores()
    const plugin = new Opening('1.0.0', ['main'])
    const before = host.resource(STORE, 'main')
    expect((await refusalOf(before.write(1))).code).toBe('RESOURCE_NOT_FOUND')
    await host.add(plugin)
    await plugin.handle.write(1)
    await before.write(2)
    expect(await before.use(({ entries }) => [...entries])).toEqual([1, 2])
    expect(names(host)).toEqual(['main of stores@1.0.0'])
    using lease = host.capture()
    expect(lease.resource(STORE, 'main')).toBe(plugin.made[0])
    expect(events.filter((it) => it.type === 'resource')).toMatchObject([{ step: 'open', resource: 'main' }])
  })

  it('O16 takes writes before the commit, which wait for it and keep their order', async () => {
    const { host } = hostOfStores()
    const initialized = new Deferred()
    const written: Promise<void>[] = []
    const plugin: Opening = new Opening('1.0.0', ['main'], {
      init: () => {
        written.push(plugin.handle.write(1), plugin.handle.write(2))
        return initialized.promise
      },
    })
    const adding = host.add(plugin)
    await turn()
    expect(await standing(written[0] as Promise<void>)).toBe('pending')
    initialized.resolve()
    await adding
    written.push(plugin.handle.write(3))
    await Promise.all(written)
    expect(plugin.made).toMatchObject([{ entries: [1, 2, 3] }])
  })

  it.each(['register', 'init', 'open'] as const)(
    'O16 I3 where %s fails, nothing is left: writes that waited are refused, what was opened is closed, the name is free',
    async (step) => {
      const { host } = hostOfStores()
      const written: Promise<unknown>[] = []
      const fails = (): never => {
        throw new Error('no disk')
      }
      const plugin: Opening = new Opening('1.0.0', ['first', 'second'], {
        init: () => {
          written.push(failureOf(plugin.handle.write(1)))
          if (step === 'init') fails()
        },
        ...(step === 'register' && {
          register: (registrar) => {
            written.push(failureOf(registrar.open(STORE, openStore('first')).write(1)))
            fails()
          },
        }),
      })
      if (step === 'open') {
        plugin.provider.breakNext('open', (run) => {
          plugin.provider.breakNext('open', fails)
          return run()
        })
      }
      const refusal = await refusalOf(host.add(plugin))
      expect(refusal.code).toBe(step === 'open' ? 'HANDOFF' : 'PLUGIN')
      expect(await Promise.all(written)).toMatchObject([{ code: 'RESOURCE_CLOSED' }])
      expect(plugin.made.every(({ closed }) => closed === 1)).toBe(true)
      expect(host.resources()).toEqual([])
      expect(host.plugins()).toEqual([])
      const mended = new Opening('1.0.1', ['first', 'second'])
      await host.add(mended)
      expect(names(host)).toEqual(['first of stores@1.0.1', 'second of stores@1.0.1'])
    },
  )

  it('O16 I4 is handed over by a reload whose version opens it, too: both handles are the same resource', async () => {
    const { host } = hostOfStores()
    const [v1, v2] = [new Opening('1.0.0', ['main']), new Opening('2.0.0', ['main', 'more'])]
    const handle = await host.add(v1)
    await v1.handle.write(1)
    const { report, finalized } = await host.reload(handle, v2)
    await v1.handle.write(2)
    await v2.handle.write(3)
    expect(report.handoffs.map(({ resource }) => resource)).toEqual(['main'])
    expect(report.opened).toEqual([{ surface: 'pre-copy-store', resource: 'more' }])
    expect(names(host)).toEqual(['main of stores@2.0.0', 'more of stores@2.0.0'])
    await finalized
    expect(v1.made).toMatchObject([{ closed: 1 }])
    using lease = host.capture()
    expect(lease.resource(STORE, 'main').entries).toEqual([1, 2, 3])
  })

  it('O16 a name that the next version does not open is closed after its commit, in the report, and free', async () => {
    const { host } = hostOfStores()
    const v1 = new Opening('1.0.0', ['main', 'gone'])
    const handle = await host.add(v1)
    const lease = host.capture()
    const { report, finalized } = await host.reload(handle, new Opening('2.0.0', ['main']))
    expect(report.closedOrphans).toEqual(['gone'])
    expect(v1.made).toMatchObject([{ closed: 0 }, { closed: 0 }])
    expect((await refusalOf(v1.handles[1]?.write(1) as Promise<void>)).code).toBe('RESOURCE_CLOSED')
    lease[Symbol.dispose]()
    await finalized
    expect(v1.made).toMatchObject([{ closed: 1 }, { closed: 1 }])
    await host.attach(STORE, openStore('gone'))
    expect(names(host)).toEqual(['main of stores@2.0.0', 'gone of stores@2.0.0'])
  })

  it('O16 is closed when its plugin is removed, whatever onOrphan says; one that the host attached is not', async () => {
    const { host } = hostOfStores()
    const v1 = new Opening('1.0.0', ['main'])
    const handle = await host.add(v1)
    const attached = await host.attach(STORE, openStore('mine'))
    expect((await refusalOf(host.remove(handle))).message).toContain('"mine"')
    await (
      await attached.detach()
    ).finalized
    const { report, finalized } = await host.remove(handle)
    expect(report.closedOrphans).toEqual(['main'])
    await finalized
    expect(v1.made).toMatchObject([{ closed: 1 }, { closed: 1 }])
  })

  it('O16 that the host has attached already goes on, and stays the host’s', async () => {
    const { host } = hostOfStores()
    const first = await host.add(new Opening('1.0.0', []))
    const attached = await host.attach(STORE, openStore('main'))
    const v2 = new Opening('2.0.0', ['main'])
    const { handle, report } = await host.reload(first, v2)
    await v2.handle.write(1)
    await attached.write(2)
    expect(report.opened).toEqual([])
    await host.reload(handle, new Opening('3.0.0', []))
    await attached.write(3)
    using lease = host.capture()
    expect(lease.resource(STORE, 'main').entries).toEqual([1, 2, 3])
  })

  it('O16 a reload with from: open opens it anew, by the open of the version that serves', async () => {
    const { host } = hostOfStores()
    const [v1, v2, v3] = ['1.0.0', '2.0.0', '3.0.0'].map((version) => new Opening(version, ['main'])) as [
      Opening,
      Opening,
      Opening,
    ]
    const { handle } = await host.reload(await host.add(v1), v2)
    const opened: string[] = []
    const versionOf = (version: string): TestPlugin =>
      new TestPlugin('stores', version, {
        register: (registrar) => {
          registrar.provide(STORE, v3.provider)
          registrar.open(STORE, {
            name: 'main',
            key: 'stores',
            open: (provider) => {
              opened.push(version)
              return provider.open()
            },
          })
        },
      })
    await host.reload(handle, versionOf('3.0.0'), { from: 'open' })
    expect(opened).toEqual(['3.0.0'])
  })

  it('O16 T2 a take-back closes what the new version has opened, and opens again what it had let go', async () => {
    const { host } = hostOfStores()
    const v1 = new Opening('1.0.0', ['old'])
    const v2 = new Opening('2.0.0', ['new'])
    const { finalized } = await host.reload(await host.add(v1), v2, { bake: { ms: 1, healthy: () => false } })
    expect(await finalized).toMatchObject({ status: 'taken-back' })
    expect(names(host)).toEqual(['old of stores@1.0.0'])
    await v1.handle.write(1)
    expect(v1.made.map(({ entries }) => entries)).toEqual([[], [1]])
    expect((await refusalOf(v2.handle.write(1))).code).toBe('RESOURCE_CLOSED')
  })

  it('O16 a dry run closes what it has opened', async () => {
    const { host } = hostOfStores()
    const v2 = new Opening('2.0.0', ['main'])
    const handle = await host.add(new Opening('1.0.0', []))
    expect((await host.reload(handle, v2, { dryRun: true })).status).toBe('dry-run')
    expect(v2.made).toMatchObject([{ closed: 1 }])
    expect((await refusalOf(v2.handle.write(1))).code).toBe('RESOURCE_CLOSED')
    await host.attach(STORE, openStore('main'))
  })

  it('O16 what it does by itself begins in the turn of the commit; what that throws is in the report and the events', async () => {
    const strategy = storeStrategy('pre-copy')
    const events: ReloadEvent[] = []
    const host = new PluginHost({
      ranges: npmRanges,
      strategies: [
        {
          ...strategy,
          activate: () => {
            throw new Error('no timer')
          },
        },
      ],
      observer: (event) => void events.push(event),
    })
    const handle = await host.add(new Opening('1.0.0', []))
    const { report } = await host.reload(handle, new Opening('2.0.0', ['main']))
    expect(report.opened).toMatchObject([{ resource: 'main', activationError: { step: 'activate', phase: 'commit' } }])
    expect(events.filter((it) => it.type === 'resource' && it.step === 'activate')).toMatchObject([
      { resource: 'main', error: { code: 'HANDOFF' } },
    ])
    await host.resource(STORE, 'main').write(1)
  })

  it('O16 A4 what was written before the commit is applied after strategies and the observer were told of it', async () => {
    const order: string[] = []
    const host = new PluginHost({
      ranges: npmRanges,
      strategies: [storeStrategy('pre-copy', { committed: () => void order.push('told') })],
      observer: ({ type }) => void (type === 'committed' && order.push('committed')),
    })
    const written: Promise<void>[] = []
    const plugin: Opening = new Opening('1.0.0', ['main'], { init: () => void written.push(plugin.handle.write(1)) })
    plugin.provider.break('apply', (run) => {
      order.push('apply')
      return run()
    })
    await host.add(plugin)
    await Promise.all(written)
    expect(order).toEqual(['told', 'committed', 'apply'])
  })
})

describe('a resource that is opened with the provider of another plugin', () => {
  it('O16 is handed over with that one, and leaves with the plugin that had it opened', async () => {
    const { host } = hostOfStores()
    const stores = new Opening('1.0.0', [])
    const handle = await host.add(stores)
    const borrowed = await host.add(borrower('1.0.0', ['main']))
    await host.resource(STORE, 'main').write(1)
    const next = new Opening('2.0.0', [])
    expect((await host.reload(handle, next)).report.handoffs).toMatchObject([{ resource: 'main' }])
    expect(names(host)).toEqual(['main of stores@2.0.0'])
    const { report } = await host.remove(borrowed)
    expect(report.closedOrphans).toEqual(['main'])
    expect(host.resources()).toEqual([])
    await turn()
    expect(next.made).toMatchObject([{ entries: [1], closed: 1 }])
  })

  it('O16 is closed once no lease reaches it', async () => {
    const { host } = hostOfStores()
    const stores = new Opening('1.0.0', [])
    await host.add(stores)
    const handle = await host.add(borrower('1.0.0', ['main']))
    const lease = host.capture()
    await host.reload(handle, borrower('2.0.0', []))
    expect(lease.resource(STORE, 'main').closed).toBe(0)
    lease[Symbol.dispose]()
    await turn()
    expect(stores.made).toMatchObject([{ closed: 1 }])
  })

  /** It opens `main` with the provider of `stores`, and then `own` with its own, which takes until `opening`. */
  function slowBorrower(opening: Deferred): TestPlugin {
    const provider = new StoreProvider('own', '1.0.0')
    return new TestPlugin('slow', '1.0.0', {
      dependsOn: [{ id: 'stores', range: '*' }],
      register: (registrar) => {
        registrar.provide(STORE, provider)
        registrar.open(STORE, openStore('main'))
        registrar.open(STORE, {
          ...openStore('own', 'own'),
          open: async (own) => {
            await opening.promise
            return own.open()
          },
        })
      },
    })
  }

  it('O16 where that one is replaced between the open and the commit, the install is refused and leaves nothing', async () => {
    const { host } = hostOfStores()
    const stores = new Opening('1.0.0', [])
    const handle = await host.add(stores)
    const opening = new Deferred()
    const adding = refusalOf(host.add(slowBorrower(opening)))
    await turn()
    await host.reload(handle, new Opening('2.0.0', []))
    opening.resolve()
    expect(await adding).toMatchObject({ code: 'RELOAD_IN_PROGRESS', phase: 'commit', resource: 'main' })
    expect(stores.made).toMatchObject([{ closed: 1 }])
    expect(host.resources()).toEqual([])
    await host.add(slowBorrower(opening))
    expect(names(host)).toEqual(['main of stores@2.0.0', 'own of slow@1.0.0'])
  })

  it('O16 N5 where that one is being replaced at the commit, the resource changes hands with the others', async () => {
    const { host } = hostOfStores()
    const [v1, v2] = [new Opening('1.0.0', ['first']), new Opening('2.0.0', ['first'])]
    const handle = await host.add(v1)
    const persisting = new Deferred()
    v1.provider.breakNext('persist', async (run) => {
      await persisting.promise
      return run()
    })
    const reloading = host.reload(handle, v2)
    await turn()
    await host.add(borrower('1.0.0', ['main']))
    expect(names(host)).toEqual(['first of stores@1.0.0', 'main of stores@1.0.0'])
    await host.resource(STORE, 'main').write(1)
    persisting.resolve()
    await (
      await reloading
    ).finalized
    expect(names(host)).toEqual(['first of stores@2.0.0', 'main of stores@2.0.0'])
    expect(v1.made).toMatchObject([{ closed: 1 }, { closed: 1 }])
  })

  it.each([
    [
      'PROVIDER_NOT_FOUND',
      new TestPlugin('borrower', '1.0.0', { register: (it) => void it.open(STORE, openStore('main', 'nobody')) }),
    ],
    ['DEPENDENCY', borrower('1.0.0', ['main'], [])],
    ['DUPLICATE', borrower('1.0.0', ['taken'])],
    ['DUPLICATE', borrower('1.0.0', ['main', 'main'])],
  ] as const)('O16 is refused with %s before anything is opened', async (code, plugin) => {
    const { host } = hostOfStores()
    const stores = new Opening('1.0.0', ['taken'])
    await host.add(stores)
    expect(await refusalOf(host.add(plugin))).toMatchObject({ code, surface: 'pre-copy-store' })
    expect(stores.made).toHaveLength(1)
  })
})
