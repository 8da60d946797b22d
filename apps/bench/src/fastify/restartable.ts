import { restartable } from '@fastify/restartable'
import type { AddressInfo } from 'node:net'
import { PORT, serving } from '../serve/child.js'
import { visits } from './visits.js'

/** Every application counts anew, as whatever else it has in memory. */
const app = await restartable(async (fastify, options) => {
  const next = fastify(options)
  const counts: Record<string, number> = {}
  await next.register(async (instance) =>
    visits(
      instance,
      (page) => void (counts[page] = (counts[page] ?? 0) + 1),
      () => counts,
    ),
  )
  return next
}, {})
await app.listen({ port: PORT, host: '127.0.0.1' })
serving((app.server.address() as AddressInfo).port, () => app.restart())
