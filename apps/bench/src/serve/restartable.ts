import { restartable } from '@fastify/restartable'
import type { AddressInfo } from 'node:net'
import { TextIndex } from '../text-index.js'
import { PORT, serving } from './child.js'
import { documents, serveSearch } from './search.js'

/** One server, whose application is built anew, index included, before it takes the old one's place. */
const app = await restartable(async (fastify, options) => {
  const next = fastify(options)
  const index = await TextIndex.of(documents())
  serveSearch(next, (look) => look(index))
  return next
}, {})
await app.listen({ port: PORT })
serving((app.server.address() as AddressInfo).port, () => app.restart())
