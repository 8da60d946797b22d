import { RequestProblem } from '../problem.js'

export interface OriginRules {
  /** The names by which the host may be addressed, without a port. */
  readonly hosts: readonly string[]
  /** Origins of pages that may call it, besides its own. */
  readonly origins: readonly string[]
}

/**
 * Refuses what a page of somebody else has a browser send: under a name that was made to lead here (DNS rebinding), or
 * from its own origin.
 *
 * @throws RequestProblem 403.
 */
export function checkOrigin(request: Request, { hosts, origins }: OriginRules): void {
  const url = new URL(request.url)
  const named = request.headers.get('host')
  const hostnames = [url.hostname, ...(named === null ? [] : [hostnameOf(named)])]
  const unknown = hostnames.find((hostname) => !hosts.includes(hostname))
  if (unknown !== undefined) {
    throw new RequestProblem(403, `This host is not known as "${unknown}". Add the name to the option hosts, if it is.`)
  }
  const origin = request.headers.get('origin')
  if (origin === null || origins.includes(origin)) return
  // The scheme is not compared: a proxy in front of the host may end TLS.
  if (URL.canParse(origin) && new URL(origin).host === (named ?? url.host)) return
  throw new RequestProblem(403, `Pages of ${origin} may not call this. Add it to the option origins, if they may.`)
}

function hostnameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host
}
