/**
 * The incident: a command reloaded a plugin, said that it went well, and left it unusable. In one case a background
 * service of the old version had ignored the request to stop, so the runtime closed its database and unloaded it
 * without starting the new one; in another the new sources did not load, and the old instance went on. Both times the
 * answer was ok, and the exit code 0. Reported in https://github.com/get-bb/bb/pull/2155.
 *
 * What holds here: a reload that resolves with `committed` has put a version into service that answers and takes
 * writes. Whatever makes the new version unusable rejects, the old one goes on, and what merely fails afterwards is in
 * the report.
 */
import { PluginHost, type LiveResource, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, Image, type Store } from '../fixtures/store.js'
import { TestPlugin, type PluginHooks } from '../fixtures/test-plugin.js'

const TIMEOUT_MS = 1_000

interface Running {
  readonly clock: ManualClock
  readonly host: PluginHost
  readonly handle: PluginHandle
  readonly store: LiveResource<Store, number>
}

function version(
  number: string,
  provider: StoreProvider = new StoreProvider('stores', number),
  hooks: PluginHooks = {},
): TestPlugin {
  return new TestPlugin('stores', number, {
    register: (registrar) => {
      registrar.provide(STORES['pre-copy'], provider)
    },
    ...hooks,
  })
}

async function running(first: TestPlugin = version('1.0.0')): Promise<Running> {
  const clock = new ManualClock()
  const timeouts = { stage: TIMEOUT_MS, prepare: TIMEOUT_MS, finalize: TIMEOUT_MS }
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock, timeouts })
  const handle = await host.add(first)
  const store = await host.attach(STORES['pre-copy'], openStore('store'))
  await store.write(1)
  return { clock, host, handle, store }
}

/** What serves, as a reader finds it. */
function serving({ host }: Running): { entries: readonly number[]; closed: number } {
  using lease = host.capture()
  const { entries, closed } = lease.resource(STORES['pre-copy'], 'store')
  return { entries: [...entries], closed }
}

/** A provider that opens stores its own way. */
const opening = (open: StoreProvider['open']): StoreProvider =>
  Object.assign(new StoreProvider('stores', '2.0.0'), { open })

const UNUSABLE: Record<string, TestPlugin> = {
  'registers nothing': version('2.0.0', undefined, { register: () => {} }),
  'registers only under another key': version('2.0.0', new StoreProvider('other', '2.0.0')),
  'registers a provider without its methods': version('2.0.0', { key: 'stores' } as StoreProvider),
  'fails to initialize': version('2.0.0', undefined, { init: () => Promise.reject(new Error('no port')) }),
  'never ends its init': version('2.0.0', undefined, { init: () => new Promise(() => {}) }),
  'opens nothing': version(
    '2.0.0',
    opening(() => undefined as unknown as Store),
  ),
  'never ends opening': version(
    '2.0.0',
    opening(() => new Promise(() => {})),
  ),
  'cannot read what the old one wrote': version(
    '2.0.0',
    opening((image) => new StoreProvider('stores', '2.0.0').open(new Image(`${image?.text}?`))),
  ),
  'opens one that takes no writes': version(
    '2.0.0',
    opening(async () => {
      // While it is being opened, something is written that it will have to take.
      await turn()
      return Object.assign(new StoreProvider('stores', '2.0.0').make([1]), {
        append() {
          throw new Error('read only')
        },
      })
    }),
  ),
}

describe('a reload that is reported as ok', () => {
  it.each(Object.entries(UNUSABLE))('I3 I10 is not one whose new version %s', async (_, next) => {
    const world = await running()
    const failing = refusalOf(world.host.reload(world.handle, next))
    await turn()
    const writing = world.store.write(2)
    await turn()
    world.clock.advance(TIMEOUT_MS)
    await failing
    await writing
    await world.store.write(3)
    expect(serving(world)).toEqual({ entries: [1, 2, 3], closed: 0 })
    expect(world.host.plugin('stores')).toEqual(world.handle)
    expect(world.host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
  })

  it('I10 is one whose new version serves, though the old one ignores that it is to stop; that is in the report', async () => {
    const first = version('1.0.0', undefined, { shutdown: () => new Promise(() => {}) })
    const world = await running(first)
    const { status, handle, report, finalized } = await world.host.reload(world.handle, version('2.0.0'))
    expect(status).toBe('committed')
    await world.store.write(2)
    expect(serving(world)).toEqual({ entries: [1, 2], closed: 0 })
    await turn()
    world.clock.advance(TIMEOUT_MS)
    expect((await finalized).errors).toMatchObject([{ code: 'STEP_TIMEOUT', plugin: 'stores@1.0.0', step: 'shutdown' }])
    expect(report).toMatchObject({ from: '1.0.0', to: '2.0.0', handoffs: [{ resource: 'store' }] })
    expect(world.host.plugin('stores')).toEqual(handle)
    expect(world.host.plugins()).toMatchObject([{ version: '2.0.0', state: 'active' }])
  })
})
