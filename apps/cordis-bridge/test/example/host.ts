import { Context } from 'cordis'
import { cordisHost, cordisPlugin } from '@uni/cordis-bridge'
import { memoryHandoff } from '@uni/reload-state'
import { ledger, sales } from './ledger.js'
import { shop } from './shop.js'

const ctx = new Context()
await ctx.start()
const host = cordisHost(ctx, { strategies: [memoryHandoff(sales)] })

const shopOf = (version: string) => cordisPlugin(ctx, {
  id: 'shop', version, implements: ['shop'], plugin: (registrar) => shop(version, ledger(registrar)),
})
const handle = await host.add(shopOf('1.0.0'))

export { ctx, handle, host, shopOf }
