import { describe, expect, it } from 'vitest'
import { served } from './fixtures/served.js'

describe('whoever has the token, where callers may change', () => {
  it('A4 reloads, tries, takes back, makes permanent and removes, and each is in the audit', async () => {
    const { audit, call, host, post } = await served()
    const version = (): string | undefined => host.plugins().find(({ state }) => state !== 'retired')?.version
    const tried = await post('/v1/plugins/counting/reload', { path: '2.0.0', dryRun: true })
    expect(await tried.json()).toMatchObject({ status: 'dry-run', plugin: 'counting@2.0.0', report: { to: '2.0.0' } })
    expect(version()).toBe('1.0.0')
    const baking = await post('/v1/plugins/counting/reload', { path: '2.0.0', bakeMs: 60_000 })
    expect(await baking.json()).toMatchObject({ status: 'committed', generation: 1 })
    expect(await (await post('/v1/plugins/counting/take-back', {})).json()).toEqual({ outcome: 'taken-back' })
    expect(version()).toBe('1.0.0')
    await post('/v1/plugins/counting/reload', { path: '3.0.0', bakeMs: 60_000 })
    expect(await (await post('/v1/plugins/counting/make-permanent', {})).json()).toMatchObject({
      plugin: 'counting@3.0.0',
    })
    expect((await call('/v1/plugins/counting?onOrphan=close', { method: 'DELETE' })).status).toBe(200)
    expect(version()).toBeUndefined()
    expect((await post('/v1/plugins', { path: '4.0.0' })).status).toBe(201)
    expect(version()).toBe('4.0.0')
    expect(audit.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      'POST /v1/plugins/counting/reload 200',
      'POST /v1/plugins/counting/reload 200',
      'POST /v1/plugins/counting/take-back 200',
      'POST /v1/plugins/counting/reload 200',
      'POST /v1/plugins/counting/make-permanent 200',
      'DELETE /v1/plugins/counting 200',
      'POST /v1/plugins 201',
    ])
    expect(audit[0]?.asked).toEqual({ path: '2.0.0', dryRun: true })
  })

  it('A4 sends a package', async () => {
    const { call } = await served()
    const init = { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: '2.0.0' }
    const answer = await call(`/v1/plugins/counting/reload?options=${encodeURIComponent('{"dryRun":true}')}`, init)
    expect(await answer.json()).toMatchObject({ status: 'dry-run', plugin: 'counting@2.0.0' })
  })

  it('A5 is told what is wrong, with the code and what to do, and nothing was changed', async () => {
    const { audit, host, post } = await served()
    const refused = await post('/v1/plugins/counting/reload', { path: '2.0.0!' })
    expect(refused.status).toBe(422)
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(await refused.json()).toMatchObject({
      status: 422,
      code: 'SCHEMA_INCOMPAT',
      detail: expect.stringContaining('not a counter') as string,
      error: { surface: 'visits', key: 'visits' },
    })
    expect(audit).toMatchObject([{ status: 422, code: 'SCHEMA_INCOMPAT' }])
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
  })

  it.each<[string, string, unknown, number, string]>([
    ['an unknown plugin', '/v1/plugins/other/reload', { path: '2.0.0' }, 404, 'PLUGIN_NOT_FOUND'],
    ['a plugin that is there', '/v1/plugins', { path: '2.0.0' }, 409, 'DUPLICATE'],
    ['nothing to take back', '/v1/plugins/counting/take-back', {}, 409, 'NOT_BAKING'],
    ['no path', '/v1/plugins', {}, 400, 'Name the path'],
    ['an unknown option', '/v1/plugins', { path: '2.0.0', force: true }, 400, 'force'],
    ['a wrong option', '/v1/plugins/counting/reload', { path: '2.0.0', cutover: 'Exclusive' }, 400, 'cutover'],
    ['a reason that is missing', '/v1/plugins', { path: '2.0.0', accept: [{ surface: 'a', key: 'b' }] }, 400, 'reason'],
  ])('A5 is refused: %s', async (_, path, body, status, text) => {
    const { post } = await served()
    const answer = await post(path, body)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toContain(text)
  })
})

it('A6 nobody changes anything where the host was started without that', async () => {
  const { call, host, post } = await served({ writing: undefined })
  const answers = [
    await post('/v1/plugins', { path: '2.0.0' }),
    await post('/v1/plugins/counting/reload', { path: '2.0.0' }),
    await post('/v1/plugins/counting/take-back', {}),
    await post('/v1/plugins/counting/make-permanent', {}),
    await call('/v1/plugins/counting', { method: 'DELETE' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
  expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
})
