import { fastify } from 'fastify'
import type { AddressInfo } from 'node:net'
import { PluginHost } from '@uni/reload-core'
import { indexHandoff, indexKind } from '@uni/reload-index'
import { TextIndex, textPlugin } from '../text-index.js'
import { PORT, serving } from './child.js'
import { documents, serveSearch } from './search.js'

/** One server, whose index goes over from one version of a plugin to the next: as fast as it can, or at a pace. */
const share = Number(process.env['SHARE'] ?? 1)
const host = new PluginHost({ strategies: [indexHandoff()], ...(share < 1 && { pace: { sliceMs: 1, share } }) })
let handle = await host.add(textPlugin())
await host.attach(indexKind, { name: 'index', key: 'text', open: () => TextIndex.of(documents()) })

const app = fastify()
serveSearch(app, async (look) => {
  using lease = host.capture()
  return await look(lease.resource(indexKind, 'index'))
})
await app.listen({ port: PORT })
serving((app.server.address() as AddressInfo).port, async () => {
  const result = await host.reload(handle, textPlugin())
  handle = result.handle
  await result.finalized
})
