import { RecoveryState, type RecoveryPlan } from './recovery-state.js'
import type { JournalRecord } from './record.js'

/**
 * Reads from the records of one run which version of each plugin the next run has to start: the last permanent one. A
 * prefix of the records gives the plan of a crash at that point.
 */
export function planRecovery(records: Iterable<JournalRecord>): RecoveryPlan {
  const state = new RecoveryState()
  for (const record of records) state.add(record)
  return state.plan()
}
