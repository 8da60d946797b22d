import { OpenAPIHono } from '@hono/zod-openapi'
import type { PluginHost, ReloadEvent } from '@uni/reload-core'
import type { AdminOptions } from './admin-options.js'
import { checkOrigin } from './access/check-origin.js'
import { TokenCheck } from './access/token-check.js'
import type { AdminContext, AdminEnv } from './context.js'
import { toJson } from './events/event-json.js'
import { EventLog } from './events/event-log.js'
import { StepBatches } from './events/step-batches.js'
import { Health } from './health/health.js'
import { OperationLog } from './operations/operation-log.js'
import { problemOf, RequestProblem } from './problem.js'
import { changingRoutes } from './routes/changing.js'
import { consoleRoutes } from './routes/console.js'
import { followingRoutes } from './routes/following.js'
import { lookingRoutes } from './routes/looking.js'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
const MIN_TOKEN_LENGTH = 32
const KEPT_OPERATIONS = 100
const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Admin API of a uni-reload host', version: '1' },
  security: [{ token: [] }],
}

/** The admin API of one host. */
export class Admin {
  /** Answers a request, whatever server it came by. Never rejects. */
  readonly handle: (request: Request) => Promise<Response>
  readonly #events: EventLog
  readonly #operations = new OperationLog(KEPT_OPERATIONS)
  readonly #health = new Health()
  readonly #steps: StepBatches
  #host: PluginHost | undefined

  /** @throws TypeError for a token that is too short, or a `basePath` that is no path. */
  constructor(options: AdminOptions) {
    const {
      token,
      basePath = '/',
      metrics,
      writing,
      keptEvents = 10_000,
      maxFollowers = 100,
      bodyMs = 30_000,
    } = options
    if (token.length < MIN_TOKEN_LENGTH) throw new TypeError(`token is to have at least ${MIN_TOKEN_LENGTH} characters`)
    if (!basePath.startsWith('/')) throw new TypeError(`basePath is to begin with "/", and is "${basePath}"`)
    this.#events = new EventLog(keptEvents)
    this.#steps = new StepBatches((batch) => {
      this.#events.add('steps', toJson(batch))
    })
    const app = routes(options, {
      events: this.#events,
      operations: this.#operations,
      health: this.#health,
      metrics,
      writing,
      bodyMs,
      maxFollowers,
      vitals: options.vitals,
      host: () => this.#host,
    })
    const mounted = new OpenAPIHono<AdminEnv>()
    if (options.console !== undefined) consoleRoutes(mounted, basePath, options.console)
    mounted.route(basePath, app)
    this.handle = async (request) => mounted.fetch(request)
  }

  /** The host's `observer`, or one of its `observers`. */
  readonly observer = (event: ReloadEvent): void => {
    this.#operations.note(event)
    this.#health.note(event)
    if (event.type === 'resource') {
      this.#steps.add(event)
      return
    }
    if ('operation' in event) this.#steps.flush(event.operation)
    this.#events.add(event.type, toJson(event))
  }

  /** The host that callers look at and change. Until then they are told that it has not started. */
  watch(host: PluginHost): void {
    this.#host = host
  }
}

function routes(options: AdminOptions, context: AdminContext): OpenAPIHono<AdminEnv> {
  const { token, hosts = LOOPBACK, origins = [], metrics, writing } = options
  const tokens = new TokenCheck(token)
  const app = new OpenAPIHono<AdminEnv>({
    defaultHook: (result) => {
      if (result.success) return
      const [first] = result.error.issues
      throw new RequestProblem(400, `${first?.path.join('.') ?? ''}: ${first?.message ?? 'malformed'}`)
    },
  })
  app.onError((error, c) => {
    const { problem, headers } = problemOf(error)
    return c.body(JSON.stringify(problem), problem.status as 500, {
      ...headers,
      'content-type': 'application/problem+json',
    })
  })
  app.notFound((c) => {
    const { problem } = problemOf(new RequestProblem(404, `There is no ${c.req.method} ${c.req.path}.`))
    return c.body(JSON.stringify(problem), 404, { 'content-type': 'application/problem+json' })
  })
  app.use(async (c, next) => {
    await next()
    c.header('x-content-type-options', 'nosniff')
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  })
  for (const path of ['/v1/*', '/metrics', '/openapi.json']) {
    app.use(path, async (c, next) => {
      checkOrigin(c.req.raw, { hosts, origins })
      await tokens.check(c.req.raw)
      await next()
    })
  }
  if (writing !== undefined) {
    app.on(['POST', 'DELETE'], '/v1/*', async (c, next) => {
      await next()
      const { method, path } = c.req
      const code = c.error !== undefined && 'code' in c.error ? String(c.error.code) : undefined
      const asked = toJson(c.get('asked')) ?? null
      await writing.audit({ at: new Date().toISOString(), method, path, asked, status: c.res.status, code })
    })
  }
  lookingRoutes(app, context)
  changingRoutes(app, context)
  followingRoutes(app, context)
  if (metrics !== undefined) {
    app.get('/metrics', async (c) =>
      c.body(await metrics.text(), 200, { 'content-type': metrics.registry.contentType }),
    )
  }
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.doc31('/openapi.json', DOCUMENT)
  return app
}
