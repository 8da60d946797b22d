import type { z } from '@hono/zod-openapi'
import { ProblemSchema } from '../schemas.js'

interface Described<T> {
  readonly description: string
  readonly content: { readonly 'application/json': { readonly schema: T } }
}

export function json<T extends z.ZodType>(schema: T, description: string): Described<T> {
  return { description, content: { 'application/json': { schema } } }
}

const DESCRIPTIONS = {
  400: 'The request is malformed',
  401: 'The token is missing or wrong',
  403: 'The name, the page, or any change is not allowed here',
  404: 'There is no such plugin, path or operation',
  408: 'The body did not arrive in time',
  409: 'Refused for what else is going on, or for what others need: nothing was changed',
  413: 'The body is too large',
  415: 'The body is neither JSON nor a package',
  422: 'Refused for what the plugin is: nothing was changed',
  503: 'The host has not started, or is closing',
} as const

interface DescribedProblem {
  readonly description: string
  readonly content: { readonly 'application/problem+json': { readonly schema: typeof ProblemSchema } }
}

/** The answers in which a route says what is wrong. Any may be 429: too many wrong tokens. */
export function problems<S extends keyof typeof DESCRIPTIONS>(...statuses: readonly S[]): Record<S, DescribedProblem> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: DESCRIPTIONS[status], content: { 'application/problem+json': { schema: ProblemSchema } } },
    ]),
  ) as unknown as Record<S, DescribedProblem>
}
