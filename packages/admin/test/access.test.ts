import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { Admin } from '@uni/reload-admin'
import { served, TOKEN } from './fixtures/served.js'

const CLOSED = ['/v1/plugins', '/v1/resources', '/v1/operations', '/v1/events', '/metrics', '/openapi.json']

describe('whoever has no token', () => {
  it.each(CLOSED)('A7 sees nothing of %s', async (path) => {
    const { call } = await served()
    for (const authorization of ['', 'Bearer', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`]) {
      const answer = await call(path, { headers: { authorization } })
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
      expect(await answer.text()).not.toContain(TOKEN)
    }
  })

  it('A7 changes nothing, and nothing is read or loaded for it', async () => {
    const { audit, call } = await served({
      writing: { load: () => Promise.reject(new Error('it was loaded')), audit: (entry) => void audit.push(entry) },
    })
    const headers = { authorization: 'Bearer no', 'content-type': 'application/json' }
    const answer = await call('/v1/plugins', { method: 'POST', headers, body: '{"path":"2.0.0"}' })
    expect(answer.status).toBe(401)
    expect(audit).toEqual([])
  })

  it('A8 is slowed down after many wrong ones, and the operator is not', async () => {
    const { call } = await served()
    const wrong = { headers: { authorization: 'Bearer no' } }
    const statuses: number[] = []
    for (let at = 0; at < 25; at += 1) statuses.push((await call('/v1/plugins', wrong)).status)
    expect(statuses).toEqual([...Array<number>(20).fill(401), ...Array<number>(5).fill(429)])
    expect((await call('/v1/plugins', wrong)).headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await call('/v1/plugins')).status).toBe(200)
  })
})

describe('a page of somebody else', () => {
  it('A9 is refused by its origin, whatever token it has', async () => {
    const { call, port } = await served({ origins: ['https://ops.example'] })
    const from = async (origin: string): Promise<number> => (await call('/v1/plugins', { headers: { origin } })).status
    expect(await from('https://evil.example')).toBe(403)
    expect(await from('null')).toBe(403)
    expect(await from(`http://127.0.0.1:${port}`)).toBe(200)
    expect(await from('https://ops.example')).toBe(200)
  })

  it('A9 is refused by the name that it was led here under', async () => {
    const { port } = await served()
    const status = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${TOKEN}`, host }
        request({ port, host: '127.0.0.1', path: '/v1/plugins', headers }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
          .on('error', reject)
          .end()
      })
    expect(await status('evil.example')).toBe(403)
    expect(await status(`localhost:${port}`)).toBe(200)
  })
})

describe('a body', () => {
  const packed = { method: 'POST', headers: { 'content-type': 'application/gzip' } }
  const load = async (): Promise<never> => Promise.reject(new Error('it was loaded'))
  const audit = (): void => {}

  it('A10 that is too large is refused while it is read', async () => {
    const { call } = await served({ writing: { load, audit, maxPackageBytes: 1000 } })
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(500))
      },
    })
    // It has no end: the answer comes before it.
    const endless = call('/v1/plugins', { ...packed, body, duplex: 'half' } as RequestInit)
    expect((await endless).status).toBe(413)
    expect((await call('/v1/plugins', { ...packed, body: new Uint8Array(1001) })).status).toBe(413)
  })

  it('A10 that does not come is not waited for', async () => {
    const { call } = await served({ writing: { load, audit }, bodyMs: 1 })
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new Uint8Array(1))
      },
    })
    expect((await call('/v1/plugins', { ...packed, body, duplex: 'half' } as RequestInit)).status).toBe(408)
  })

  it('A10 of another type is refused', async () => {
    const { call } = await served()
    const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"path":"2.0.0"}' }
    expect((await call('/v1/plugins', init)).status).toBe(415)
  })
})

it('A7 a token that is short, and a path that is none, are refused', () => {
  expect(() => new Admin({ token: 'short' })).toThrow('at least 32 characters')
  expect(() => new Admin({ token: TOKEN, basePath: 'admin' })).toThrow('begin with "/"')
})

it('is mounted below a path', async () => {
  const { call } = await served({ basePath: '/admin' })
  expect([(await call('/admin/v1/plugins')).status, (await call('/v1/plugins')).status]).toEqual([200, 404])
})
