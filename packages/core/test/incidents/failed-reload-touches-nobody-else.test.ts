/**
 * The incident: a harmless change to one plugin began a reload that failed (in one report while the candidate was
 * activated, in another while work was being drained) and was reported as not applied. Plugins that had nothing to do
 * with the changed one had been retired on the way and stayed so: every call of them was refused until the process was
 * restarted. Reported in https://github.com/openclaw/openclaw/issues/154891.
 *
 * What holds here: a reload concerns the plugins it names. While it runs and after it has failed, wherever it fails,
 * the others are the same objects, with the same resources, the same leases and current handles, and take reads, writes
 * and reloads.
 */
import { PluginHost, type PluginHandle, type ReloadOptions } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore, type StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

class FailingProvider extends StoreProvider {
  override open(): Store {
    throw new Error('no disk')
  }
}

interface Failure {
  readonly code: string
  next(): StorePlugin
  readonly options?: ReloadOptions
  /** Something holds the plugin, and the drain's deadline passes. */
  readonly held?: boolean
}

const FAILURES: Record<string, Failure> = {
  'in register': {
    code: 'PLUGIN',
    next: () =>
      cleanStores('2.0.0', {
        id: 'changed',
        register: () => {
          throw new Error('no config')
        },
      }),
  },
  'in init': {
    code: 'PLUGIN',
    next: () => cleanStores('2.0.0', { id: 'changed', init: () => Promise.reject(new Error('no port')) }),
  },
  'for an orphan': {
    code: 'ORPHANED_RESOURCE',
    next: () => cleanStores('2.0.0', { id: 'changed', register: () => {} }),
  },
  'while a resource is opened': {
    code: 'HANDOFF',
    next: () => cleanStores('2.0.0', { id: 'changed', provider: new FailingProvider('changed', '2.0.0') }),
  },
  'after a resource was stopped': {
    code: 'HANDOFF',
    options: { cutover: 'exclusive' },
    next: () => cleanStores('2.0.0', { id: 'changed', provider: new FailingProvider('changed', '2.0.0') }),
  },
  'in the drain': {
    code: 'DRAIN_TIMEOUT',
    options: { cutover: 'exclusive' },
    held: true,
    next: () => cleanStores('2.0.0', { id: 'changed' }),
  },
}

/** A host with the plugin that changes, and one beside it with a resource, a reader and a writer. */
async function scene() {
  const clock = new ManualClock()
  const host = new PluginHost({
    strategies: [storeStrategy('clean'), storeStrategy('pre-copy')],
    clock,
    drain: { deadlineMs: 1_000 },
  })
  const changed = await host.add(cleanStores('1.0.0', { id: 'changed' }))
  const provider = new StoreProvider('beside', '1.0.0')
  const beside = new TestPlugin('beside', '1.0.0', {
    register: (registrar) => {
      registrar.provide(STORES['pre-copy'], provider)
    },
  })
  const handle = await host.add(beside)
  const changing = await host.attach(STORES.clean, openStore('changing', 'changed'))
  const copied = await host.attach(STORES['pre-copy'], openStore('copied', 'beside'))
  const reader = host.acquire(STORES['pre-copy'], 'beside', { label: 'reader' })
  return { clock, host, changed, provider, beside, handle, changing, copied, reader }
}

/** Begins the reload that is to fail, and goes on once it has. */
async function fail(
  { clock, host, changed }: { clock: ManualClock; host: PluginHost; changed: PluginHandle },
  { next, options, held = false }: Failure,
): Promise<string> {
  using holder = held ? host.acquire(STORES.clean, 'changed', { label: 'holder' }) : undefined
  const failing = refusalOf(host.reload(changed, next(), options))
  if (holder !== undefined) {
    await turn()
    clock.advance(1_000)
  }
  return (await failing).code
}

describe('a reload that fails', () => {
  it.each(Object.entries(FAILURES))('I3 I11 %s leaves a plugin beside it as it was', async (_, failure) => {
    const world = await scene()
    const { host, provider, beside, handle, changing, copied, reader } = world
    const writing = copied.write(1)
    expect(await fail(world, failure)).toBe(failure.code)
    await writing
    await copied.write(2)
    expect(beside.calls).toEqual({ register: 1, init: 1, shutdown: 0 })
    expect(provider.made).toMatchObject([{ entries: [1, 2], closed: 0 }])
    expect(reader.signal.aborted).toBe(false)
    expect(host.plugin('beside')).toEqual(handle)
    {
      using lease = host.capture()
      expect(lease.resource(STORES['pre-copy'], 'copied')).toBe(provider.made[0])
      expect(lease.get(STORES['pre-copy'], 'beside')).toBe(reader.provider)
    }
    await changing.write(3)
    expect(
      (
        await host.reload(
          handle,
          new TestPlugin('beside', '2.0.0', {
            register: (registrar) => {
              registrar.provide(STORES['pre-copy'], new StoreProvider('beside', '2.0.0'))
            },
          }),
        )
      ).status,
    ).toBe('committed')
  })

  it('I11 while it hangs, and while it is rolled back, a plugin beside it is reloaded', async () => {
    const { clock, host, changed, handle, copied } = await scene()
    const begun = new Deferred()
    const never = new Deferred()
    const failing = refusalOf(
      host.reload(
        changed,
        cleanStores('2.0.0', {
          id: 'changed',
          init: () => {
            begun.resolve()
            return never.promise
          },
        }),
      ),
    )
    await begun.promise
    const next = new StoreProvider('beside', '2.0.0')
    const { handle: second } = await host.reload(
      handle,
      new TestPlugin('beside', '2.0.0', {
        register: (registrar) => {
          registrar.provide(STORES['pre-copy'], next)
        },
      }),
    )
    await copied.write(1)
    clock.advance(30_000)
    expect((await failing).code).toBe('STEP_TIMEOUT')
    expect(host.plugin('beside')).toEqual(second)
    expect(next.made).toMatchObject([{ entries: [1], closed: 0 }])
  })
})
