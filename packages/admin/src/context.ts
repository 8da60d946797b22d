import type { PluginHandle, PluginHost } from '@uni/reload-core'
import { ReloadError } from '@uni/reload-core'
import type { EventLog } from './events/event-log.js'
import type { Health } from './health/health.js'
import type { OperationLog } from './operations/operation-log.js'
import { RequestProblem } from './problem.js'
import type { MetricsSource, WritingOptions } from './admin-options.js'

/** What a request has with it on its way. */
export interface AdminEnv {
  Variables: {
    /** For the audit. */
    asked?: unknown
  }
}

/** What all routes look at. */
export interface AdminContext {
  readonly events: EventLog
  readonly operations: OperationLog
  readonly health: Health
  readonly metrics: MetricsSource | undefined
  readonly writing: WritingOptions | undefined
  readonly vitals: (() => Readonly<Record<string, number>>) | undefined
  readonly bodyMs: number
  readonly maxFollowers: number
  /** `undefined` until the host is watched. */
  host(): PluginHost | undefined
}

/** @throws RequestProblem 503 before the host is there. */
export function hostOf(context: AdminContext): PluginHost {
  const host = context.host()
  if (host === undefined) throw new RequestProblem(503, 'The host has not started yet.', { 'retry-after': '1' })
  return host
}

/** @throws RequestProblem 403 where callers may only look. */
export function writingOf({ writing }: AdminContext): WritingOptions {
  if (writing !== undefined) return writing
  throw new RequestProblem(403, 'Callers may look here, and change nothing: the host was started without writing.')
}

/** @throws ReloadError `PLUGIN_NOT_FOUND`. */
export function handleOf(host: PluginHost, id: string): PluginHandle {
  const handle = host.plugin(id)
  if (handle !== undefined) return handle
  throw new ReloadError('PLUGIN_NOT_FOUND', 'no plugin has this id', {
    plugin: id,
    hint: 'Look at the list of plugins.',
  })
}
