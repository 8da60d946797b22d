import type { FastifyInstance } from 'fastify'
import { once } from 'node:events'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { reloadFastify } from '@uni/reload-fastify'

const pages = (version: string) => async (fastify: FastifyInstance) => void fastify.get('/', async () => version)

it('F11: HTTP/2 streams of one session go to the version that serves, and the end closes the session', async () => {
  const app = await reloadFastify({ plugins: [{ id: 'pages', plugin: pages('v1') }], server: { http2: true } })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connect(`http://127.0.0.1:${(app.address() as AddressInfo).port}`)
  const ask = (): Promise<string> => text(session.request({ ':path': '/' }))
  expect(await ask()).toBe('v1')
  const { finalized } = await app.reload('pages', pages('v2'))
  expect(await ask()).toBe('v2')
  expect(await finalized).toMatchObject({ status: 'finalized' })
  const closed = once(session, 'close')
  await app.close()
  await closed
})
