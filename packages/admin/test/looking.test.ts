import { describe, expect, it } from 'vitest'
import { counting, served } from './fixtures/served.js'

describe('whoever has the token', () => {
  it('A1 sees the plugins, and the leases that hold them', async () => {
    const { call, host } = await served()
    const lease = host.capture({ label: 'a long query' })
    const handle = host.plugin('counting')
    if (handle === undefined) throw new Error('no plugin')
    await host.reload(handle, counting('2.0.0'))
    expect(await (await call('/v1/plugins')).json()).toMatchObject({
      plugins: [
        { id: 'counting', version: '2.0.0', generation: 1, state: 'active', holding: 0 },
        { version: '1.0.0', state: 'retired', heldBy: [{ label: 'a long query', holds: 'epoch' }], holding: 1 },
      ],
    })
    lease[Symbol.dispose]()
  })

  it('A1 sees a page of the resources, and how many there are by state', async () => {
    const { call } = await served()
    const visits = { surface: 'visits', name: 'visits', key: 'visits', plugin: 'counting@1.0.0', state: 'serving' }
    expect(await (await call('/v1/resources?surface=visits&limit=1')).json()).toMatchObject({
      resources: [visits],
      total: 1,
      states: { serving: 1 },
    })
    expect(await (await call('/v1/resources?state=halted')).json()).toEqual({ resources: [], total: 0, states: {} })
    expect((await call('/v1/resources?limit=0')).status).toBe(400)
  })

  it('A2 sees what each operation did, or why it was refused', async () => {
    const { call, post } = await served()
    await post('/v1/plugins/counting/reload', { path: '2.0.0' })
    await post('/v1/plugins/counting/reload', { path: '3.0.0!' })
    const { operations } = (await (await call('/v1/operations')).json()) as { operations: { operation: number }[] }
    expect(operations).toMatchObject([
      {
        operation: 3,
        kind: 'reload',
        plugins: ['counting@3.0.0'],
        state: 'failed',
        error: { code: 'SCHEMA_INCOMPAT' },
      },
      { operation: 2, state: 'committed', reports: [{ from: '1.0.0', to: '2.0.0' }], steps: { prepare: 1 } },
      { operation: 1, kind: 'install', state: 'committed' },
    ])
    expect(await (await call('/v1/operations/3')).json()).toEqual(operations[0])
    expect((await call('/v1/operations/99')).status).toBe(404)
  })

  it('reads the metrics in the format of Prometheus', async () => {
    const { call, post } = await served()
    await post('/v1/plugins/counting/reload', { path: '2.0.0' })
    const answer = await call('/metrics')
    expect(answer.headers.get('content-type')).toContain('version=0.0.4')
    expect(await answer.text()).toContain('uni_reload_reloads_total{outcome="committed"} 1')
  })
})

describe('health', () => {
  it('A3 is open to all, and red while a resource is stuck', async () => {
    const { host, port } = await served()
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}/health/${path}`)
    expect([(await get('live')).status, (await get('ready')).status]).toEqual([200, 200])
    host.resources = () => [
      { surface: 'visits', name: 'visits', key: 'visits', plugin: 'counting@1.0.0', state: 'stuck', waiting: 0 },
    ]
    const answer = await get('ready')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({
      status: 'unavailable',
      problems: ['visits "visits" of counting@1.0.0 is stuck'],
    })
    expect((await get('live')).status).toBe(200)
  })
})
