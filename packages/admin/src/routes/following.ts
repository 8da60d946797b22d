import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { AdminContext, AdminEnv } from '../context.js'
import type { LoggedEvent } from '../events/event-log.js'
import { RequestProblem } from '../problem.js'
import { problems } from './responses.js'

/** Milliseconds after which a comment is sent, so that proxies keep the connection. */
const BEAT_MS = 15_000
/** Milliseconds from one look at the process to the next. These events have no id, and are not kept. */
const VITALS_MS = 1000
/** One who reads so many events too slowly is let go, and comes back with the last id that it has. */
const MAX_UNREAD = 1000

const events = createRoute({
  method: 'get',
  path: '/v1/events',
  summary: 'What happens, as it happens: server-sent events, each with an id to go on from',
  request: {
    query: z.object({ after: z.coerce.number().int().min(0).optional().meta({ description: 'As `Last-Event-ID`' }) }),
    headers: z.object({ 'last-event-id': z.string().optional() }),
  },
  responses: {
    200: {
      description:
        'Events as the observer of the host is told them, steps of handoffs put together as `steps`; `missed` ' +
        'where some are no longer kept',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problems(400, 401, 403, 503),
  },
})

/** Events as they happen. */
export function followingRoutes(app: OpenAPIHono<AdminEnv>, { events: log, maxFollowers, vitals }: AdminContext): void {
  app.openapi(events, (c) => {
    if (log.followers >= maxFollowers) {
      throw new RequestProblem(503, `${maxFollowers} follow already.`, { 'retry-after': '5' })
    }
    const given = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').after
    const after = given === undefined ? log.lastId : Number(given)
    if (!Number.isSafeInteger(after) || after < 0) throw new RequestProblem(400, 'Last-Event-ID is to be a number.')
    let end = (): void => {}
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          const encoder = new TextEncoder()
          const send = (text: string): void => {
            if ((controller.desiredSize ?? 0) <= -MAX_UNREAD) {
              end()
              controller.close()
            } else controller.enqueue(encoder.encode(text))
          }
          const beat = setInterval(() => {
            send(': still here\n\n')
          }, BEAT_MS)
          const unfollow = log.follow((event) => {
            send(textOf(event))
          })
          const telling =
            vitals &&
            setInterval(() => {
              send(`event: vitals\ndata: ${JSON.stringify(vitals())}\n\n`)
            }, VITALS_MS)
          end = () => {
            clearInterval(beat)
            clearInterval(telling)
            unfollow()
          }
          const { events: kept, missed } = log.since(after)
          send(missed > 0 ? `event: missed\ndata: ${missed}\n\n` : ': here\n\n')
          for (const event of kept) send(textOf(event))
        },
        cancel() {
          end()
        },
      },
      { highWaterMark: 0 },
    )
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
    return c.body(body, 200, headers)
  })
}

function textOf({ id, type, data }: LoggedEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`
}
