import { PluginHost, type PluginHandle, type ReloadOptions, type ReloadResult } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { turn } from '../fixtures/deferred.js'
import { reachable } from '../fixtures/reachable.js'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

function both(version: string): {
  plugin: TestPlugin
  watched: Record<string, WeakRef<object>>
  copied: StoreProvider
  clean: StoreProvider
} {
  const [copied, clean] = [new StoreProvider('stores', version), new StoreProvider('stores', version)]
  const plugin = new TestPlugin('both', version, {
    register: (registrar) => {
      registrar.provide(STORES['pre-copy'], copied).provide(STORES.clean, clean)
    },
  })
  return {
    plugin,
    copied,
    clean,
    watched: { plugin: new WeakRef(plugin), copied: new WeakRef(copied), clean: new WeakRef(clean) },
  }
}

/** Everything of the first version stays in here, so that only the host could keep it. */
async function install(host: PluginHost): Promise<{ handle: PluginHandle; watched: Record<string, WeakRef<object>> }> {
  const { plugin, watched } = both('1.0.0')
  const handle = await host.add(plugin)
  const copied = await host.attach(STORES['pre-copy'], openStore('copied'))
  const clean = await host.attach(STORES.clean, openStore('clean'))
  await copied.write(1)
  await clean.write(1)
  using lease = host.capture()
  watched['a copied store'] = new WeakRef(lease.resource(STORES['pre-copy'], 'copied'))
  watched['a clean store'] = new WeakRef(lease.resource(STORES.clean, 'clean'))
  return { handle, watched }
}

async function hostWithBoth() {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy'), storeStrategy('clean')], clock })
  const { handle, watched } = await install(host)
  return { clock, host, handle, watched }
}

describe('I12 after finalize nothing of the old generation is reachable', () => {
  it.each<[string, ReloadOptions]>([
    ['an overlapping reload', {}],
    ['an exclusive one', { cutover: 'exclusive' }],
  ])('after %s, with its result still held', async (_, options) => {
    const { clock, host, handle, watched } = await hostWithBoth()
    expect(await reachable(watched, 5)).toEqual(['plugin', 'copied', 'clean', 'a copied store', 'a clean store'])
    const result: ReloadResult = await host.reload(handle, both('2.0.0').plugin, options)
    await result.finalized
    expect(await reachable(watched)).toEqual([])
    expect(clock.pending).toBe(0)
    expect(result.resources(STORES['pre-copy']).get('copied')?.entries).toEqual([1])
    expect(result.report.handoffs).toHaveLength(2)
  })

  it('also where it was kept for a while', async () => {
    const { clock, host, handle, watched } = await hostWithBoth()
    let lease: Disposable | undefined = host.capture()
    const result = await host.reload(handle, both('2.0.0').plugin, { drain: { deadlineMs: 100 } })
    clock.advance(100)
    expect((await result.finalized).status).toBe('kept')
    expect(await reachable(watched, 5)).toHaveLength(5)
    lease[Symbol.dispose]()
    lease = undefined
    expect(await reachable(watched)).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('nor anything of a new version that was rolled back', async () => {
    const { clock, host, handle } = await hostWithBoth()
    const failed = await failing(host, handle)
    expect(await reachable(failed)).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('nor of one that was removed, or detached', async () => {
    const { clock, host, handle, watched } = await hostWithBoth()
    const result = await host.remove(handle, { onOrphan: 'close' })
    await result.finalized
    expect(await reachable(watched)).toEqual([])
    expect(clock.pending).toBe(0)
    expect(result.report.closedOrphans).toEqual(['copied', 'clean'])
  })

  it('and no timer is left once the host is closed', async () => {
    const { clock, host, watched } = await hostWithBoth()
    await host[Symbol.asyncDispose]()
    expect(clock.pending).toBe(0)
    expect(await reachable(watched)).toEqual([])
    expect(host.plugins()).toEqual([])
  })
})

/** Reloads with a version that fails after it has opened something, and watches what it had made. */
async function failing(host: PluginHost, handle: PluginHandle): Promise<Record<string, WeakRef<object>>> {
  const { plugin, watched, copied, clean } = both('2.0.0')
  clean.break('open', async () => {
    await turn()
    throw new Error('no disk')
  })
  expect((await refusalOf(host.reload(handle, plugin))).code).toBe('HANDOFF')
  const [opened] = copied.made
  if (opened !== undefined) watched['opened'] = new WeakRef(opened)
  expect(Object.keys(watched)).toContain('opened')
  return watched
}
