import { DISPOSE, ReloadError, type PluginHost, type ProviderLease } from '@uni/reload-core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppVersion } from '../app/app-version.js'
import { APP, appSurface } from '../app/surface.js'
import { unavailable } from './unavailable.js'

/** Passes each request on to the version that serves, which is held until the response has ended. */
export class Requests {
  readonly #host: Pick<PluginHost, 'acquire'>

  constructor(host: Pick<PluginHost, 'acquire'>) {
    this.#host = host
  }

  /**
   * Holds the version that serves.
   *
   * @throws ReloadError where none does.
   */
  hold(label: string): ProviderLease<AppVersion> {
    return this.#host.acquire(appSurface, APP, { label })
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    let lease: ProviderLease<AppVersion>
    try {
      lease = this.hold(`${request.method} ${request.url}`)
    } catch (error) {
      if (!ReloadError.is(error)) throw error
      unavailable(request, response, error)
      return
    }
    // Of a response that has ended, and of one whose client is gone; also where a route has hijacked it.
    response.once('close', () => lease[DISPOSE]())
    lease.provider.fastify.routing(request, response)
  }
}
