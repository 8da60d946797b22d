import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { memoryState, reloadFastify, type StateOf } from '@uni/reload-fastify'
import { PORT, serving } from '../serve/child.js'
import { visits } from './visits.js'

const state = {
  counts: memoryState<Record<string, number>, string>({
    initial: () => ({}),
    apply: (counts, page) => void (counts[page] = (counts[page] ?? 0) + 1),
    migrate: (counts) => counts,
  }),
}
declare module 'fastify' {
  interface FastifyInstance extends StateOf<typeof state> {}
}

const version = async (fastify: FastifyInstance): Promise<void> => {
  await visits(
    fastify,
    (page) => fastify.counts.write(page),
    () => fastify.counts.read((counts) => ({ ...counts })),
  )
}
const bad = async (): Promise<void> => Promise.reject(new Error('no database'))

const app = await reloadFastify({ plugins: [{ id: 'visits', plugin: version }], state })
await app.listen({ port: PORT, host: '127.0.0.1' })
serving((app.address() as AddressInfo).port, async () => {
  const { finalized } = await app.reload('visits', async (fastify: FastifyInstance) => version(fastify))
  await finalized
  await app.reload('visits', bad).then(
    () => Promise.reject(new Error('a bad version was taken')),
    () => {},
  )
})
