import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { reachable } from '../fixtures/reachable.js'
import { leave } from '../fixtures/leave.js'
import { cleanStores } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'

/** Attaches a store that only the host knows, and detaches it. */
async function attachAndDetach(host: PluginHost): Promise<Record<string, WeakRef<object>>> {
  const attached = await host.attach(STORES.clean, {
    name: 'main',
    key: 'stores',
    open: () => new StoreProvider('stores', 'host').make([]),
  })
  const store = await attached.use((resource) => new WeakRef(resource))
  const detaching = leave(attached)
  await detaching
  return { store, attached: new WeakRef(attached), detaching: new WeakRef(detaching) }
}

describe('I12 a host whose plugins stay', () => {
  it('keeps nothing of what was attached and detached', async () => {
    const host = new PluginHost({ strategies: [storeStrategy('clean')] })
    await host.add(cleanStores('1.0.0'))
    const watched = await attachAndDetach(host)
    expect(await reachable(watched)).toEqual([])
    expect(host.plugins()).toMatchObject([{ state: 'active', heldBy: [] }])
  })
})
