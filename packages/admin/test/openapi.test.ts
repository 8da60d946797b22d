import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { served } from './fixtures/served.js'

interface Document {
  readonly openapi: string
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >
}

it('A14 the document has every answer as it is given', async () => {
  const { call, host, post } = await served()
  const lease = host.capture({ label: 'a long query' })
  const document = (await (await call('/openapi.json')).json()) as Document
  expect(document.openapi).toBe('3.1.0')
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'document')
  const seen = new Set<string>()
  const check = async (method: string, path: string, answer: Response): Promise<void> => {
    const type = answer.headers.get('content-type')?.split(';')[0] as string
    const said = document.paths[path]?.[method]?.responses[answer.status]?.content?.[type]
    const name = `${method} ${path} ${answer.status} ${type}`
    expect({ name, isDocumented: said !== undefined }).toEqual({ name, isDocumented: true })
    const pointer = ['paths', path, method, 'responses', String(answer.status), 'content', type, 'schema']
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent)
      .join('/')
    const validate = ajv.compile({ $ref: `document#/${pointer}` })
    validate(await answer.json())
    expect({ name, errors: validate.errors }).toEqual({ name, errors: null })
    seen.add(`${method} ${path}`)
  }
  await check('get', '/health/live', await call('/health/live'))
  await check('get', '/health/ready', await call('/health/ready'))
  const reload = '/v1/plugins/{id}/reload'
  await check('post', reload, await post('/v1/plugins/counting/reload', { path: '2.0.0', bakeMs: 60_000 }))
  await check('get', '/v1/plugins', await call('/v1/plugins'))
  await check('post', '/v1/plugins/{id}/take-back', await post('/v1/plugins/counting/take-back', {}))
  await check('post', '/v1/plugins/{id}/take-back', await post('/v1/plugins/counting/take-back', {}))
  await check('post', reload, await post('/v1/plugins/counting/reload', { path: '2.0.0!' }))
  await check('post', reload, await post('/v1/plugins/counting/reload', { path: 2 }))
  await check('post', reload, await post('/v1/plugins/other/reload', { path: '2.0.0' }))
  await check('post', '/v1/plugins/{id}/make-permanent', await post('/v1/plugins/counting/make-permanent', {}))
  await check('get', '/v1/resources', await call('/v1/resources'))
  await check('get', '/v1/resources', await call('/v1/resources?limit=0'))
  await check('get', '/v1/operations', await call('/v1/operations'))
  await check('get', '/v1/operations/{operation}', await call('/v1/operations/1'))
  await check('get', '/v1/operations/{operation}', await call('/v1/operations/99'))
  await check('get', '/v1/plugins', await call('/v1/plugins', { headers: { authorization: 'Bearer no' } }))
  await check('delete', '/v1/plugins/{id}', await call('/v1/plugins/counting?onOrphan=close', { method: 'DELETE' }))
  await check('post', '/v1/plugins', await post('/v1/plugins', { path: '3.0.0' }))
  lease[Symbol.dispose]()
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  // Of a stream there is no schema to hold it to.
  expect(documented.filter((one) => !seen.has(one))).toEqual(['get /v1/events'])
})
