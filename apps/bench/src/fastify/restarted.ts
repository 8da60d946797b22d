import { fastify } from 'fastify'
import type { AddressInfo } from 'node:net'
import { PORT, serving } from '../serve/child.js'
import { visits } from './visits.js'

/** A server that knows no reload: it is ended and started again. */
const app = fastify()
const counts: Record<string, number> = {}
await app.register(async (instance) =>
  visits(
    instance,
    (page) => void (counts[page] = (counts[page] ?? 0) + 1),
    () => counts,
  ),
)
await app.listen({ port: PORT, host: '127.0.0.1' })
process.once('SIGTERM', () => void app.close().then(() => process.exit()))
serving((app.server.address() as AddressInfo).port, () => Promise.reject(new Error('it is started again')))
