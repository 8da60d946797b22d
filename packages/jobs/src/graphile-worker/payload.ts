/**
 * The payload as whoever has queued the job wrote it: graphile-worker adds to that of a run by schedule when it was due.
 */
export function withoutCron(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('_cron' in payload)) return payload
  const { _cron, ...rest } = payload
  return rest
}
