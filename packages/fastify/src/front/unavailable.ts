import type { ReloadError } from '@uni/reload-core'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Seconds. */
const RETRY_AFTER = '1'

/** What is said while nothing serves: as Fastify puts an error. */
export function unavailableBody({ code }: ReloadError): string {
  const message =
    code === 'SURFACE_FENCED' ? 'The app is being replaced. Try again.' : 'The app does not serve: it ends, or begins.'
  return JSON.stringify({ statusCode: 503, code, error: 'Service Unavailable', message })
}

export const UNAVAILABLE_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'retry-after': RETRY_AFTER,
} as const

export function unavailable(request: IncomingMessage, response: ServerResponse, error: ReloadError): void {
  response.writeHead(503, {
    ...UNAVAILABLE_HEADERS,
    // Whoever ends takes no further request; HTTP/2 says that by itself.
    ...(error.code !== 'SURFACE_FENCED' && request.httpVersionMajor === 1 && { connection: 'close' }),
  })
  response.end(unavailableBody(error))
}
