import type { FastifyInstance } from 'fastify'
import { createServer, request } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { reloadFastify, type FastifyPlugin } from '@uni/reload-fastify'
import { listening } from './fixtures/listening.js'

/** Has a download, which goes on until `stream` ends, and says when its version is closed. */
const downloads = (version: string, closed: string[], stream = new PassThrough()): FastifyPlugin =>
  async function pages(fastify: FastifyInstance) {
    fastify.addHook('onClose', async () => void closed.push(version))
    fastify.get('/', async () => version)
    fastify.get('/download', (_, reply) => reply.type('text/plain').send(stream))
    fastify.get('/events', (_, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
      reply.raw.write(`data: ${version}\n\n`)
      stream.on('data', (chunk: Buffer) => reply.raw.write(`data: ${String(chunk)}\n\n`))
      stream.on('end', () => reply.raw.end())
    })
  }

it('F1 F2: a download ends with the version that it began with, whose onClose hooks run after that, once', async () => {
  const closed: string[] = []
  const stream = new PassThrough()
  const { app, url } = await listening({ plugins: [downloads('v1', closed, stream)] })
  stream.write('one ')
  const response = await fetch(`${url}/download`)
  const { finalized } = await app.reload('pages', downloads('v2', closed))
  expect(await (await fetch(url)).text()).toBe('v2')
  stream.end('two')
  expect(await response.text()).toBe('one two')
  expect(await finalized).toMatchObject({ status: 'finalized' })
  expect(closed).toEqual(['v1'])
})

it('F1 F2: what a route sends by itself after reply.hijack ends with its version', async () => {
  const closed: string[] = []
  const stream = new PassThrough()
  const { app, url } = await listening({ plugins: [downloads('v1', closed, stream)] })
  const response = await fetch(`${url}/events`)
  const { finalized } = await app.reload('pages', downloads('v2', closed))
  stream.end('last')
  expect(await response.text()).toBe('data: v1\n\ndata: last\n\n')
  await finalized
  expect(closed).toEqual(['v1'])
})

it('F2: a client that is gone holds no version', async () => {
  const closed: string[] = []
  const { app, url } = await listening({ plugins: [downloads('v1', closed)] })
  const asked = request(`${url}/events`).end()
  await once(asked, 'response')
  const { finalized } = await app.reload('pages', downloads('v2', closed))
  expect(closed).toEqual([])
  asked.destroy()
  asked.on('error', () => {})
  expect(await finalized).toMatchObject({ status: 'finalized' })
  expect(closed).toEqual(['v1'])
})

it('F4: under a fence a request is answered 503 with Retry-After, and never 404', async () => {
  const closed: string[] = []
  const stream = new PassThrough()
  const { app, url } = await listening({ plugins: [downloads('v1', closed, stream)] })
  const response = await fetch(`${url}/events`)
  const reload = app.reload('pages', downloads('v2', closed), { cutover: 'exclusive' })
  const fenced = await expect
    .poll(() => fetch(url), { interval: 1 })
    .toMatchObject({ status: 503 })
    .then(() => fetch(url))
  expect([fenced.status, fenced.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await fenced.json()).toMatchObject({ code: 'SURFACE_FENCED', error: 'Service Unavailable', statusCode: 503 })
  stream.end()
  await response.text()
  await reload
  expect(await (await fetch(url)).text()).toBe('v2')
})

it('F7: a version whose plugin or whose onReady throws leaves nothing, and says which plugin', async () => {
  const closed: string[] = []
  const { app, url } = await listening({ plugins: [downloads('v1', closed)] })
  const broken =
    (where: 'plugin' | 'onReady'): FastifyPlugin =>
    async (fastify) => {
      fastify.addHook('onClose', async () => void closed.push(where))
      if (where === 'plugin') throw new Error('no database')
      fastify.addHook('onReady', async () => Promise.reject(new Error('no cache')))
    }
  await expect(app.reload('pages', broken('plugin'))).rejects.toThrow(
    /plugin "pages" cannot be registered: no database/,
  )
  await expect(app.reload('pages', broken('onReady'))).rejects.toThrow('no cache')
  expect(closed).toEqual(['plugin', 'onReady'])
  expect([app.host.plugins().length, await (await fetch(url)).text()]).toEqual([1, 'v1'])
  await expect(reloadFastify({ plugins: [{ id: 'pages', plugin: broken('plugin') }] })).rejects.toThrow('no database')
  expect(closed).toEqual(['plugin', 'onReady', 'plugin'])
})

it('F7: where the port is in use nothing listens, and another one may be tried', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await using app = await reloadFastify({ plugins: [downloads('v1', [])] })
  await expect(app.listen({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(app.address()).toBe(null)
  other.close()
  expect(await (await fetch(await app.listen({ port: 0 }))).text()).toBe('v1')
})

it('F8: close waits for what was begun, and runs the onClose hooks', async () => {
  const closed: string[] = []
  const stream = new PassThrough()
  const { app, url } = await listening({ plugins: [downloads('v1', closed, stream)] })
  stream.write('begun, ')
  const response = await fetch(`${url}/download`)
  const ended = app.close()
  await expect(fetch(url)).rejects.toThrow('fetch failed')
  expect(closed).toEqual([])
  stream.end('done')
  expect(await response.text()).toBe('begun, done')
  await ended
  expect([closed, app.health().problems]).toEqual([['v1'], [{ problem: 'not-serving' }]])
})

it('F1: requests can be made without a network', async () => {
  await using app = await reloadFastify({ plugins: [downloads('v1', [])], health: '/health' })
  expect((await app.inject('/')).payload).toBe('v1')
  await app.reload('pages', downloads('v2', []))
  expect((await app.inject({ method: 'GET', url: '/' })).payload).toBe('v2')
  expect((await app.inject('/health')).json()).toEqual({ status: 'ok', problems: [] })
})

it('F1: a plugin keeps its options and what it encapsulates, and others their decorators', async () => {
  const shared = Object.assign(async (fastify: FastifyInstance) => void fastify.decorate('greeting', 'Hello'), {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'greeting',
  })
  const greet = (mark: string) => async (fastify: FastifyInstance) => {
    fastify.addHook('onSend', async (_, reply) => void reply.header('x-mark', mark))
    fastify.get('/greet', async () => `${fastify.getDecorator<string>('greeting')}${mark}`)
  }
  await using app = await reloadFastify({
    plugins: [shared, { id: 'greet', plugin: greet('!'), options: { prefix: '/v1' } }, downloads('v1', [])],
  })
  expect((await app.inject('/v1/greet')).payload).toBe('Hello!')
  await app.reload('greet', greet('?'))
  expect((await app.inject('/v1/greet')).payload).toBe('Hello?')
  expect((await app.inject('/')).headers).not.toHaveProperty('x-mark')
  await expect(app.reload('gret', greet(''))).rejects.toThrow('There are greeting, greet, pages.')
})
