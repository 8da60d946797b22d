import { setTimeout as delay } from 'node:timers/promises'
import type { LiveState } from '../../host/live-state.js'
import type { Reminded } from '../../plugins/reminders/contract.js'
import { VersionLog, type VersionsSeen } from './version-log.js'

/** What was asked of the timers, and what came of it. */
export interface RemindersLog {
  /** Those that have to fire, once. */
  readonly set: string[]
  /** Those that were cleared before they were due. */
  readonly cleared: string[]
  /** All firings, as the plugins tell them. */
  readonly fired: readonly Reminded[]
}

/** The one that is due after the demo, and is pending all through it. */
export const SOME_DAY = 'some day'
/** The one that repeats. */
export const TICK = 'tick'

const LATEST_MS = 400
const TICK_MS = 50

/** Sets reminders that are due soon, and clears some. */
export async function runReminders({ reminders }: LiveState, log: RemindersLog, stop: AbortSignal): Promise<void> {
  reminders.set(SOME_DAY, { text: 'not today' }, { afterMs: 86_400_000 })
  reminders.set(TICK, { text: 'again' }, { afterMs: TICK_MS, everyMs: TICK_MS })
  for (let turn = 0; !stop.aborted; turn += 1) {
    const id = `reminder ${turn}`
    reminders.set(id, { text: `turn ${turn}`, urgent: turn % 2 === 0 }, { afterMs: (turn * 37) % LATEST_MS })
    const gone = turn % 7 === 6 && reminders.clear(id)
    ;(gone ? log.cleared : log.set).push(id)
    await delay(20)
  }
  reminders.clear(TICK)
}

/** Which version has fired each reminder. */
export function versionsFired(fired: readonly Reminded[]): VersionsSeen {
  const log = new VersionLog('reminders')
  for (const { version } of fired) log.answered([version])
  return log.seen
}
