import { PluginHost, type Plugin } from '@uni/reload-core'
import { middleware, middlewareHandoff, runMiddleware, type MiddlewareProvider } from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { Deferred, standing } from '../fixtures/deferred.js'

interface Request {
  readonly seen: string[]
}

const layer = (name: string, priority?: number): MiddlewareProvider<Request> => ({
  name,
  ...(priority !== undefined && { priority }),
  async handle({ seen }, next) {
    seen.push(`${name} in`)
    await next()
    seen.push(`${name} out`)
  },
})
const plugin = (id: string, version: string, ...layers: MiddlewareProvider<Request>[]): Plugin => ({
  manifest: { id, version },
  register: (registrar) => {
    for (const one of layers) registrar.provide(middleware, one)
  },
})

async function hosted(...plugins: Plugin[]): Promise<PluginHost> {
  const host = new PluginHost({ strategies: [middlewareHandoff()] })
  await host.addAll(plugins)
  return host
}

const work = ({ seen }: Request): void => void seen.push('work')

describe('middleware', () => {
  it('goes around the work, the highest priority outermost', async () => {
    const host = await hosted(plugin('a', '1.0.0', layer('a'), layer('inner', -1)), plugin('b', '1.0.0', layer('b', 5)))
    const request: Request = { seen: [] }
    await runMiddleware(host, request, work, { label: 'request 7' })
    expect(request.seen).toEqual(['b in', 'a in', 'inner in', 'work', 'inner out', 'a out', 'b out'])
  })

  it('is put in order once, until layers come or go', async () => {
    let asked = 0
    const counted: MiddlewareProvider<Request> = {
      ...layer('a'),
      get priority() {
        asked += 1
        return 1
      },
    }
    const host = await hosted(plugin('a', '1.0.0', counted, layer('b', 2)))
    await runMiddleware(host, { seen: [] }, work)
    const once = asked
    await runMiddleware(host, { seen: [] }, work)
    expect(asked).toBe(once)
    await host.add(plugin('c', '1.0.0', layer('c', 3)))
    const request: Request = { seen: [] }
    await runMiddleware(host, request, work)
    expect(request.seen).toEqual(['c in', 'b in', 'a in', 'work', 'a out', 'b out', 'c out'])
  })

  it('may keep the work from being done, and catches what it throws', async () => {
    const stops: MiddlewareProvider<Request> = { name: 'stops', handle: ({ seen }) => void seen.push('stopped') }
    const catches: MiddlewareProvider<Request> = {
      name: 'catches',
      handle: ({ seen }, next) => next().catch((error: Error) => void seen.push(error.message)),
    }
    const request: Request = { seen: [] }
    await runMiddleware(await hosted(plugin('a', '1.0.0', stops)), request, work)
    await runMiddleware(await hosted(plugin('a', '1.0.0', catches)), request, () => {
      throw new Error('broken')
    })
    expect(request.seen).toEqual(['stopped', 'broken'])
  })

  it('is refused a second call of next', async () => {
    const twice: MiddlewareProvider<Request> = { name: 'twice', handle: (_, next) => next().then(next) }
    const host = await hosted(plugin('a', '1.0.0', twice))
    await expect(runMiddleware(host, { seen: [] }, work)).rejects.toThrow('middleware "twice" has called next() twice')
    expect(host.plugins()[0]?.heldBy).toEqual([])
  })

  it('I1 I7 of one request is of one epoch, and its versions are held to its end', async () => {
    const slow = new Deferred()
    const host = await hosted(plugin('a', '1.0.0', layer('old')))
    const request: Request = { seen: [] }
    const running = runMiddleware(host, request, () => slow.promise)
    const { finalized } = await host.reload(host.plugin('a')!, plugin('a', '2.0.0', layer('new')))
    expect(await standing(finalized)).toBe('pending')
    slow.resolve()
    await running
    expect(request.seen).toEqual(['old in', 'old out'])
    await finalized
  })
})
