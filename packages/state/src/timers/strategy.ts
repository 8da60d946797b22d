import { inPlaceHandoff, type CompatVerdict, type HandoffStrategy, type StepContext } from '@uni/reload-core'
import { conform } from '../schema/conform.js'
import type { TimersProvider, TimersSurface } from './contract.js'
import type { PendingTimer, Schedule } from './schedule.js'

/**
 * The discipline of timers: pending timers stay in place, once the new version's schema accepts their payloads. From
 * the turn of the commit on, the new version fires them.
 */
export function timersHandoff<T>(surface: TimersSurface<T>): HandoffStrategy<TimersProvider<T>, Schedule<T>> {
  return inPlaceHandoff(surface, {
    observe: (schedule: Schedule<T>) => schedule.pending(),
    judge: judgePending,
    activate: (schedule) => schedule.start(),
    release: (schedule) => schedule.stop(),
    deactivate: (schedule) => schedule.stop(),
  })
}

async function judgePending<T>(
  pending: readonly PendingTimer<T>[],
  { schema }: TimersProvider<T>,
  ctx: StepContext,
): Promise<CompatVerdict> {
  if (pending.length === 0) return { level: 'compatible' }
  if (schema === undefined) {
    return { level: 'unjudged', reason: 'the new version has no schema to hold the payloads of pending timers to' }
  }
  const slices = ctx.slices()
  for (const { id, payload } of pending) {
    try {
      await conform(schema, payload)
    } catch (error) {
      const reason = `timer ${JSON.stringify(id)}: ${error instanceof Error ? error.message : String(error)}`
      return { level: 'incompatible', reason, details: error }
    }
    if (slices.due()) await slices.pause()
  }
  return { level: 'compatible' }
}
