import {
  OldProviders,
  PluginHost,
  WriteGate,
  preCopy,
  type AnyStrategy,
  type HandoffStrategy,
  type Journal,
  type Plugin,
  type PluginHostOptions,
  type ReloadOptions,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { UnheardRejections } from '../../src/testing/faults/unheard-rejections.js'
import { turn } from '../fixtures/deferred.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, type StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'

const rejects = (): Promise<never> => Promise.reject(new Error('nobody waits for this'))
/** In the place of a function that gives its value at once. */
const late = rejects as () => never

interface Broken {
  readonly host?: Partial<PluginHostOptions>
  readonly strategy?: Partial<HandoffStrategy<StoreProvider, Store, number>>
  readonly plugin?: Partial<Plugin>
  provides?(): unknown
  readonly reload?: ReloadOptions
}

const preCopied = (isolated: () => boolean): Broken => ({
  strategy: {
    handoff: (job, ctx) =>
      preCopy(job, ctx, { snapshot: () => 'image', restore: (provider) => provider.open(), isolated }),
  },
})

/** Whatever may be called on the way of an install, a reload, a way back and a close, as a function that rejects. */
const BROKEN: Record<string, Broken> = {
  observer: { host: { observer: late } },
  'journal.append': { host: { journal: { append: rejects } satisfies Journal } },
  'surface.keyOf': { strategy: { surface: { ...STORES.clean, keyOf: late } } },
  'surface.apply': { strategy: { surface: { ...STORES.clean, apply: late } } },
  checkCompat: { strategy: { checkCompat: rejects } },
  checkRemoval: { strategy: { checkRemoval: rejects } },
  remember: { strategy: { remember: rejects } },
  handoff: { strategy: { handoff: late } },
  activate: { strategy: { activate: late } },
  deactivate: { strategy: { deactivate: late } },
  cutover: { strategy: { cutover: late } },
  close: { strategy: { close: rejects } },
  isolated: preCopied(late),
  prepare: {
    strategy: { handoff: () => ({ prepare: rejects, converge: rejects, rollback: rejects, finalize: rejects }) },
  },
  register: { plugin: { register: rejects } },
  init: { plugin: { init: rejects } },
  shutdown: { plugin: { shutdown: rejects } },
  'a provider that is a promise': { provides: rejects },
  healthy: { reload: { bake: { ms: 1, healthy: rejects } } },
}

/** A plugin that registers `provider`, with some of its functions replaced. */
function pluginWith(version: string, { plugin, provides }: Broken): Plugin {
  const stores = cleanStores(version)
  return {
    manifest: stores.manifest,
    register: (registrar) => {
      registrar.provide(STORES.clean, (provides?.() ?? stores.provider) as StoreProvider)
    },
    ...plugin,
  }
}

/** Goes through everything, whatever fails of it. */
async function everything(broken: Broken): Promise<void> {
  const clock = new ManualClock()
  const host = new PluginHost({
    clock,
    strategies: [storeStrategy('clean', broken.strategy)] as readonly AnyStrategy[],
    ...broken.host,
  })
  const ignore = (): undefined => undefined
  await host.add(pluginWith('1.0.0', broken)).catch(ignore)
  const handle = host.plugin('stores') ?? (await host.add(pluginWith('1.0.0', { ...broken, plugin: {} })).catch(ignore))
  const live = await host.attach(STORES.clean, openStore('main')).catch(ignore)
  await live?.write(1).catch(ignore)
  if (handle !== undefined) {
    const result = await host.reload(handle, pluginWith('2.0.0', broken), broken.reload).catch(ignore)
    clock.advance(1)
    await result?.finalized
    await host.remove(host.plugin('stores') ?? handle, { onOrphan: 'close' }).catch(ignore)
  }
  await host[Symbol.asyncDispose]()
}

describe('a rejection that nobody waits for', () => {
  it.each(Object.entries(BROKEN))('S6 I8 does not end the process: %s', async (_, broken) => {
    using unheard = new UnheardRejections()
    await everything(broken)
    await turn()
    expect(unheard.found).toEqual([])
  })

  it('I8 nor does that of a plugin, of a key of a dispatcher, or of who is told of a resource that was replaced', async () => {
    using unheard = new UnheardRejections()
    await using host = new PluginHost({ strategies: [] })
    await expect(host.add(rejects() as never)).rejects.toThrow('the plugin is a promise: await it first')
    expect(() => new OldProviders().add({ ...STORES.clean, keyOf: late }, cleanStores('1.0.0').provider)).toThrow(
      'keyOf() returned a promise',
    )
    const gate = new WriteGate(STORES.clean, 'main', { by: 'old' } as Store, { onReplaced: late })
    await gate.hold()
    gate.replace({ by: 'new' } as Store)
    gate.halt({ checkpoint: undefined, cause: new Error('no'), restart: rejects, stop: rejects, discard: rejects })
    gate.release()
    await turn()
    expect(unheard.found).toEqual([])
  })

  it('S6 I10 what should be synchronous is refused by name', async () => {
    const refusal = async (broken: Broken): Promise<string> => {
      await using host = new PluginHost({
        strategies: [storeStrategy('clean', broken.strategy)] as readonly AnyStrategy[],
      })
      try {
        const handle = await host.add(pluginWith('1.0.0', broken))
        await host.attach(STORES.clean, openStore('main'))
        await host.reload(handle, pluginWith('2.0.0', broken))
        return 'nothing was refused'
      } catch (error) {
        return String(error)
      }
    }
    expect(await refusal({ strategy: { surface: { ...STORES.clean, keyOf: late } } })).toContain(
      'keyOf() returned a promise; expected its value',
    )
    expect(await refusal({ provides: rejects })).toContain('the provider is a promise. Await it in register')
    expect(await refusal({ strategy: { handoff: late } })).toContain('handoff() returned a promise; expected its value')
    expect(await refusal(preCopied(late))).toContain('isolated() returned a promise; expected its value')
  })
})
