import { describeThrown, ReloadError, type ReloadErrorCode } from '@uni/reload-core'
import type { z } from '@hono/zod-openapi'
import { toJson } from './events/event-json.js'
import type { ProblemSchema } from './schemas.js'

export type Problem = z.infer<typeof ProblemSchema>

/** What went wrong with a request, as RFC 9457 has it. */
export class RequestProblem extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  401: 'A token is needed',
  403: 'This is not allowed here',
  404: 'There is no such thing',
  408: 'The body did not arrive in time',
  409: 'Refused: nothing was changed',
  413: 'The body is too large',
  415: 'The body is of an unknown type',
  422: 'Refused: nothing was changed',
  429: 'Too many wrong tokens',
  500: 'Something is wrong with the host',
  503: 'Not now',
}

const NOT_FOUND: ReadonlySet<ReloadErrorCode> = new Set([
  'PLUGIN_NOT_FOUND',
  'PROVIDER_NOT_FOUND',
  'RESOURCE_NOT_FOUND',
])
const CONFLICT: ReadonlySet<ReloadErrorCode> = new Set([
  'STALE_HANDLE',
  'RELOAD_IN_PROGRESS',
  'NOT_BAKING',
  'DUPLICATE',
  'DEPENDENCY',
  'DRAIN_TIMEOUT',
])

/** The answer to a request that failed. */
export function problemOf(error: unknown): { problem: Problem; headers: Readonly<Record<string, string>> } {
  if (error instanceof RequestProblem) {
    return { problem: problem(error.status, { detail: error.message }), headers: error.headers }
  }
  if (ReloadError.is(error)) {
    const { code, hint, message, retryable } = error
    const detail = { detail: message, code, ...(hint !== undefined && { hint }), error: jsonOf(error) }
    if (code === 'HOST_CLOSED') return { problem: problem(503, detail), headers: {} }
    const status = NOT_FOUND.has(code) ? 404 : CONFLICT.has(code) ? 409 : 422
    return { problem: problem(status, detail), headers: retryable ? { 'retry-after': '1' } : {} }
  }
  // What loads plugins says by a code and a hint what is wrong with one.
  if (error instanceof Error && 'code' in error && 'hint' in error) {
    const { code, hint } = error as { code: unknown; hint: unknown }
    const told = { code: String(code), ...(typeof hint === 'string' && { hint }) }
    return { problem: problem(422, { detail: error.message, ...told, error: jsonOf(error) }), headers: {} }
  }
  return { problem: problem(500, { detail: describeThrown(error) }), headers: {} }
}

function problem(status: number, rest: Partial<Problem>): Problem {
  return { type: 'about:blank', title: TITLES[status] ?? 'The request failed', status, ...rest }
}

function jsonOf(error: unknown): Record<string, unknown> {
  return toJson(error) as Record<string, unknown>
}
