import type { FastifyServerOptions } from 'fastify'
import type { ServerOptions as HttpOptions } from 'node:http'
import type { SecureServerOptions } from 'node:http2'
import type { ServerOptions as HttpsOptions } from 'node:https'

/** What `fastify(…)` takes, but for `serverFactory`: the server belongs to no version. */
export interface ServerOptions extends Omit<FastifyServerOptions, 'serverFactory'> {
  readonly http?: HttpOptions | undefined
  readonly https?: HttpsOptions | SecureServerOptions | undefined
  readonly http2?: boolean | undefined
  /** Milliseconds without a stream after which a session of HTTP/2 is closed. Default: 72,000. */
  readonly http2SessionTimeout?: number | undefined
}
