import { cordisHost, cordisPlugin } from '@uni/cordis-bridge'
import type { Registrar } from '@uni/reload-core'
import { memory, memoryHandoff, openMemory } from '@uni/reload-state'
import { Context } from 'cordis'
import { shop, type Ledger } from './shop.js'
import type { Reloaded } from './reloaded.js'

const sales = memory<{ count: number }, number>('sales')

function ledger(registrar: Registrar): Ledger {
  registrar.provide(sales, {
    name: 'sales',
    initial: () => ({ count: 0 }),
    apply: (sold) => {
      sold.count += 1
    },
  })
  const sold = registrar.open(sales, { name: 'sales', key: 'sales', open: openMemory() })
  return { add: (id) => sold.write(id), count: () => sold.use(({ value }) => value.count) }
}

/** A shop that is replaced by the bridge. */
export async function reloadedByHost(): Promise<Reloaded> {
  const ctx = new Context()
  await ctx.start()
  const host = cordisHost(ctx, { strategies: [memoryHandoff(sales)] })
  const version = (major: number) =>
    cordisPlugin(ctx, {
      id: 'shop',
      version: `${major}.0.0`,
      implements: ['shop'],
      plugin: (registrar) => shop(ledger(registrar)),
    })
  let major = 1
  let handle = await host.add(version(major))
  return {
    shop: () => ctx.shop,
    async reload() {
      major += 1
      const result = await host.reload(handle, version(major))
      handle = result.handle
      await result.finalized
    },
    async end() {
      await host.close()
      await ctx.stop()
    },
  }
}
