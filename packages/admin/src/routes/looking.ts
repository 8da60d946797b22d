import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { hostOf, type AdminContext, type AdminEnv } from '../context.js'
import { RequestProblem } from '../problem.js'
import { json, problems } from './responses.js'
import { HealthSchema, OperationSchema, PluginSchema, ResourceSchema } from '../schemas.js'

/** Of the leases that hold a plugin, so many are listed. */
const MAX_LEASES = 200

const live = createRoute({
  method: 'get',
  path: '/health/live',
  summary: 'Whether the process answers',
  security: [],
  responses: { 200: json(HealthSchema, 'It does') },
})
const ready = createRoute({
  method: 'get',
  path: '/health/ready',
  summary: 'Whether everything that is loaded serves: red where something is halted, stuck or stranded',
  security: [],
  responses: { 200: json(HealthSchema, 'It does'), 503: json(HealthSchema, 'It does not') },
})
const plugins = createRoute({
  method: 'get',
  path: '/v1/plugins',
  summary: 'Every plugin, retired versions that leases still hold among them',
  responses: { 200: json(z.object({ plugins: z.array(PluginSchema) }), 'The plugins'), ...problems(401, 403) },
})
const resources = createRoute({
  method: 'get',
  path: '/v1/resources',
  summary: 'Live resources, a page at a time',
  request: {
    query: z.object({
      surface: z.string().optional(),
      plugin: z.string().optional().meta({ description: 'As `id@version`' }),
      state: z.enum(['serving', 'copying', 'held', 'halted', 'stuck']).optional(),
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
  },
  responses: {
    200: json(
      z.object({
        resources: z.array(ResourceSchema),
        total: z.number().int().meta({ description: 'How many match' }),
        states: z.record(z.string(), z.number()).meta({ description: 'How many match, by state' }),
      }),
      'The page',
    ),
    ...problems(400, 401, 403),
  },
})
const operations = createRoute({
  method: 'get',
  path: '/v1/operations',
  summary: 'The last installs, reloads and removals, the last one first',
  responses: { 200: json(z.object({ operations: z.array(OperationSchema) }), 'They'), ...problems(401, 403) },
})
const operation = createRoute({
  method: 'get',
  path: '/v1/operations/{operation}',
  summary: 'One of them',
  request: { params: z.object({ operation: z.coerce.number().int() }) },
  responses: { 200: json(OperationSchema, 'It'), ...problems(401, 403, 404) },
})

/** What callers may look at. */
export function lookingRoutes(app: OpenAPIHono<AdminEnv>, context: AdminContext): void {
  app.openapi(live, (c) => c.json({ status: 'ok' as const, problems: [] }, 200))
  app.openapi(ready, (c) => {
    const found = context.health.problems(context.host())
    if (found.length === 0) return c.json({ status: 'ok' as const, problems: found }, 200)
    return c.json({ status: 'unavailable' as const, problems: found }, 503)
  })
  app.openapi(plugins, (c) => {
    const listed = hostOf(context).plugins()
    return c.json(
      {
        plugins: listed.map(({ id, version, generation, state, permanent, heldBy }) => {
          const leases = heldBy.slice(0, MAX_LEASES).map(({ label, ageMs, holds }) => ({ label, ageMs, holds }))
          return { id, version, generation, state, permanent, heldBy: leases, holding: heldBy.length }
        }),
      },
      200,
    )
  })
  app.openapi(resources, (c) => {
    const { surface, plugin, state, offset, limit } = c.req.valid('query')
    const matching = hostOf(context)
      .resources()
      .filter(
        (resource) =>
          (surface === undefined || resource.surface === surface) &&
          (plugin === undefined || resource.plugin === plugin) &&
          (state === undefined || resource.state === state),
      )
    const states: Record<string, number> = {}
    for (const { state: its } of matching) states[its] = (states[its] ?? 0) + 1
    return c.json({ resources: matching.slice(offset, offset + limit), total: matching.length, states }, 200)
  })
  app.openapi(operations, (c) => c.json({ operations: [...context.operations.all()] }, 200))
  app.openapi(operation, (c) => {
    const { operation: number } = c.req.valid('param')
    const found = context.operations.get(number)
    if (found === undefined) throw new RequestProblem(404, `Operation ${number} is not kept, or has not begun.`)
    return c.json(found, 200)
  })
}
