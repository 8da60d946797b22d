import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { PluginHost, type Plugin } from '@uni/reload-core'
import {
  hook, hookHandoff, middleware, middlewareHandoff, runHooks, runMiddleware, service, serviceHandoff, serviceOf,
} from '@uni/reload-core/surfaces'

interface Exchange { readonly request: IncomingMessage; readonly response: ServerResponse }
interface Prices { of(article: string): number }

const shop = (version: string, price: number): Plugin => ({
  manifest: { id: 'shop', version },
  register: (registrar) => {
    registrar
      .provide(service, { name: 'prices', service: { of: () => price } satisfies Prices })
      .provide(hook, { hook: 'sold', name: 'log', run: (article: string) => `sold ${article} for ${price}` })
      .provide(middleware, {
        name: 'version',
        priority: 10,
        handle: async ({ response }: Exchange, next) => {
          response.setHeader('x-version', version)
          await next()
        },
      })
  },
})

it('a web server in front of hooks, services and middleware, whose plugin is replaced', async () => {
  const host = new PluginHost({ strategies: [hookHandoff(), serviceHandoff(), middlewareHandoff()] })
  const v1 = await host.add(shop('1.0.0', 5))

  const prices = serviceOf<Prices>(host, 'prices')                // stays the same, whichever version answers
  const server = createServer((request, response) => {
    void runMiddleware(host, { request, response }, async () => {  // the layers of one epoch, around the work
      const told = await runHooks(host, 'sold', request.url)       // each in its turn
      response.end(`${prices.of('tea')} ${told.join()}`)
    })
  })

  server.listen(0)
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const ask = async (): Promise<string[]> => {
    const [response] = (await once(get({ port, path: '/tea' }), 'response')) as [IncomingMessage]
    return [String(response.headers['x-version']), await text(response)]
  }
  expect(await ask()).toEqual(['1.0.0', '5 sold /tea for 5'])
  await host.reload(v1, shop('2.0.0', 6))
  expect(await ask()).toEqual(['2.0.0', '6 sold /tea for 6'])
})
