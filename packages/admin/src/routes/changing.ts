import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { Plugin, ReloadOptions, ReloadResult } from '@uni/reload-core'
import { readBody } from '../access/read-body.js'
import { handleOf, hostOf, writingOf, type AdminContext, type AdminEnv } from '../context.js'
import { toJson } from '../events/event-json.js'
import { RequestProblem } from '../problem.js'
import { ReloadedSchema, ReloadRequestSchema } from '../schemas.js'
import { json, problems } from './responses.js'

const MAX_JSON_BYTES = 65_536
const MAX_PACKAGE_BYTES = 64 * 1024 * 1024
const PACKAGE = 'application/gzip'

type ReloadRequest = z.infer<typeof ReloadRequestSchema>

const params = z.object({ id: z.string() })
const body = {
  required: true,
  content: {
    'application/json': { schema: ReloadRequestSchema },
    [PACKAGE]: { schema: z.string().meta({ format: 'binary', description: 'What `npm pack` makes' }) },
  },
}
const ResultSchema = z.object({ plugin: z.string(), generation: z.number().int() })

const install = createRoute({
  method: 'post',
  path: '/v1/plugins',
  summary: 'Installs a plugin from a path, or from the package that is sent',
  request: { body },
  responses: { 201: json(ResultSchema, 'It serves'), ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503) },
})
const reload = createRoute({
  method: 'post',
  path: '/v1/plugins/{id}/reload',
  summary: 'Replaces a plugin by the version at a path, or in the package that is sent',
  request: {
    params,
    body,
    query: z.object({
      options: z.string().optional().meta({ description: 'A ReloadRequest as JSON, without `path`: for a package' }),
    }),
  },
  responses: {
    200: json(ReloadedSchema, 'It serves, or would'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
  },
})
const takeBack = createRoute({
  method: 'post',
  path: '/v1/plugins/{id}/take-back',
  summary: 'Takes a reload back while it bakes',
  request: { params },
  responses: { 200: json(z.object({ outcome: z.string() }), 'How the bake ended'), ...problems(401, 403, 404, 409) },
})
const makePermanent = createRoute({
  method: 'post',
  path: '/v1/plugins/{id}/make-permanent',
  summary: 'Has a crash come back on the version that serves, and ends its bake',
  request: { params },
  responses: { 200: json(ResultSchema, 'It is'), ...problems(401, 403, 404, 409, 422) },
})
const remove = createRoute({
  method: 'delete',
  path: '/v1/plugins/{id}',
  summary: 'Removes a plugin that no other needs',
  request: { params, query: z.object({ onOrphan: z.enum(['reject', 'close']).optional() }) },
  responses: {
    200: json(z.object({ report: z.record(z.string(), z.unknown()) }), 'It is gone'),
    ...problems(401, 403, 404, 409, 422),
  },
})

/** What callers may change, where they may. */
export function changingRoutes(app: OpenAPIHono<AdminEnv>, context: AdminContext): void {
  // Their bodies are bounded while they are read, which the validation of the router does not do.
  app.openAPIRegistry.registerPath(install)
  app.post(install.getRoutingPath(), async (c) => {
    const { asked, plugin } = await readPlugin(c.req.raw, context)
    c.set('asked', asked)
    const { id, generation } = await hostOf(context).add(plugin, { signal: c.req.raw.signal, accept: asked.accept })
    return c.json({ plugin: `${id}@${plugin.manifest.version}`, generation }, 201)
  })
  app.openAPIRegistry.registerPath(reload)
  app.post(reload.getRoutingPath(), async (c) => {
    const host = hostOf(context)
    const handle = handleOf(host, c.req.param('id') ?? '')
    const { asked, plugin } = await readPlugin(c.req.raw, context)
    c.set('asked', asked)
    return c.json(reloaded(await host.reload(handle, plugin, reloadOptions(asked, c.req.raw.signal)), plugin), 200)
  })
  app.openapi(takeBack, async (c) => {
    writingOf(context)
    const host = hostOf(context)
    const { outcome } = await host.takeBack(handleOf(host, c.req.valid('param').id))
    return c.json({ outcome }, 200)
  })
  app.openapi(makePermanent, async (c) => {
    writingOf(context)
    const host = hostOf(context)
    const { id } = c.req.valid('param')
    await host.makePermanent(handleOf(host, id))
    const { version, generation } = host.plugins().find((plugin) => plugin.id === id && plugin.state !== 'retired') ?? {
      version: '',
      generation: 0,
    }
    return c.json({ plugin: `${id}@${version}`, generation }, 200)
  })
  app.openapi(remove, async (c) => {
    writingOf(context)
    const host = hostOf(context)
    const { report } = await host.remove(handleOf(host, c.req.valid('param').id), c.req.valid('query'))
    return c.json({ report: toJson(report) as Record<string, unknown> }, 200)
  })
}

/** Reads what is asked for, and loads the plugin that it is about. */
async function readPlugin(
  request: Request,
  context: AdminContext,
): Promise<{ readonly asked: ReloadRequest; readonly plugin: Plugin }> {
  const { load, maxPackageBytes = MAX_PACKAGE_BYTES } = writingOf(context)
  const type = request.headers.get('content-type')?.split(';')[0]?.trim()
  if (type === PACKAGE) {
    const asked = parsed(new URL(request.url).searchParams.get('options') ?? '{}')
    if (asked.path !== undefined) throw new RequestProblem(400, 'Name a path, or send a package.')
    const bytes = await readBody(request, { bytes: maxPackageBytes, ms: context.bodyMs })
    return { asked, plugin: await load({ kind: 'package', bytes }, request.signal) }
  }
  if (type !== 'application/json') throw new RequestProblem(415, `Send application/json, or ${PACKAGE}.`)
  const bytes = await readBody(request, { bytes: MAX_JSON_BYTES, ms: context.bodyMs })
  const asked = parsed(new TextDecoder().decode(bytes))
  if (asked.path === undefined) throw new RequestProblem(400, 'Name the path of the plugin.')
  return { asked, plugin: await load({ kind: 'path', path: asked.path }, request.signal) }
}

function parsed(text: string): ReloadRequest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new RequestProblem(400, 'This is no JSON.')
  }
  const { success, data, error } = ReloadRequestSchema.safeParse(value)
  if (success) return data
  const [first] = error.issues
  throw new RequestProblem(400, `${first?.path.join('.') || 'the body'}: ${first?.message}`)
}

function reloadOptions({ bakeMs, accept, ...asked }: ReloadRequest, signal: AbortSignal): ReloadOptions {
  const { dryRun, cutover, onOrphan, from } = asked
  return { dryRun, cutover, onOrphan, from, accept, signal, ...(bakeMs !== undefined && { bake: { ms: bakeMs } }) }
}

function reloaded({ status, handle, report }: ReloadResult, { manifest }: Plugin): z.infer<typeof ReloadedSchema> {
  const plugin = `${handle.id}@${manifest.version}`
  return { status, plugin, generation: handle.generation, report: toJson(report) as Record<string, unknown> }
}
