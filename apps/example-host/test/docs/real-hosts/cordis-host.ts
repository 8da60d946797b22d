import { Context } from 'cordis'
import { PluginHost, type Plugin, type Registrar } from '@uni/reload-core'
import { hook, hookHandoff, runHooks, service, serviceHandoff, serviceOf } from '@uni/reload-core/surfaces'
import { memoryHandoff } from '@uni/reload-state'
import { sales, shop, type Shop } from './cordis-shop.js'

const ctx = new Context()
const host = new PluginHost({ strategies: [serviceHandoff(), hookHandoff(), memoryHandoff(sales)] })

/** A cordis plugin whose services and listeners are replaced with it. */
const hot = (id: string, version: string, apply: (ctx: Context, registrar: Registrar) => void): Plugin => ({
  manifest: { id, version },
  register: (registrar) => apply(Object.create(ctx, {
    set: { value: (name: string, it: object) => registrar.provide(service, { name, service: it }) },
    on: { value: (event: string, run: () => unknown) => registrar.provide(hook, { name: `${id}/${event}`, hook: event, run }) },
  }) as Context, registrar),
})

const handle = await host.add(hot('shop', '1.0.0', shop('1.0.0')))
ctx.provide('shop', serviceOf<Shop>(host, 'shop'))
ctx.on('audit', async (note) => { await runHooks(host, 'audit', note) })

export { ctx, handle, host, hot }
