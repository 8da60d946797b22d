import { fastify } from 'fastify'
import type { AddressInfo } from 'node:net'
import { TextIndex } from '../text-index.js'
import { PORT, serving } from './child.js'
import { documents, serveSearch } from './search.js'

/** A server that knows no reload: it is ended and started again, and builds its index before it listens. */
const index = await TextIndex.of(documents())
const app = fastify()
serveSearch(app, (look) => look(index))
await app.listen({ port: PORT })
process.once('SIGTERM', () => void app.close().then(() => process.exit()))
serving((app.server.address() as AddressInfo).port, () => Promise.reject(new Error('it is started again')))
