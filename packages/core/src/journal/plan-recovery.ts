import type { JournalRecord, JournaledChange } from './record.js'

/** A version that was being tried when the run ended. */
export interface AbandonedVersion {
  readonly version: string
  /** How far it had come. From `prepared` on it may have held live resources and written what only it can read. */
  readonly reached: 'intent' | 'prepared' | 'committed'
}

export interface RecoveredPlugin {
  readonly id: string
  /** The version to start; absent where the plugin was removed. */
  readonly version: string | undefined
  /** What was tried and is not permanent, oldest first. */
  readonly abandoned: readonly AbandonedVersion[]
}

/** What a restarted host has to know of the run before. */
export interface RecoveryPlan {
  /** Every plugin the journal knows, by id. */
  readonly plugins: ReadonlyMap<string, RecoveredPlugin>
}

interface Tried {
  readonly changes: readonly JournaledChange[]
  reached: AbandonedVersion['reached']
}

/** A permanent version, and the operation that brought it. */
interface Permanent {
  readonly version: string | undefined
  readonly operation: number
}

/**
 * Reads from the records of one run which version of each plugin the next one starts: the last that was made permanent.
 * Pure: the same records give the same plan, and a prefix of them the plan of a crash at that point.
 */
export function planRecovery(records: Iterable<JournalRecord>): RecoveryPlan {
  const permanent = new Map<string, Permanent>()
  const tried = new Map<number, Tried>()

  const settle = (operation: number, changes: readonly JournaledChange[]): void => {
    for (const { plugin, to } of changes) {
      // A later operation on the plugin may have been made permanent before this one.
      if ((permanent.get(plugin)?.operation ?? -1) < operation) permanent.set(plugin, { version: to, operation })
    }
  }

  for (const record of records) {
    if (record.type === 'active') {
      for (const [plugin, version] of Object.entries(record.plugins)) permanent.set(plugin, { version: version ?? undefined, operation: 0 })
      continue
    }
    const { type, operation } = record
    if (type === 'intent') tried.set(operation, { changes: record.changes, reached: 'intent' })
    const begun = tried.get(operation)
    if (begun === undefined) continue
    if (type === 'prepared') begun.reached = 'prepared'
    if (type === 'committed') {
      begun.reached = 'committed'
      // There is no earlier version to come back on.
      settle(operation, begun.changes.filter(({ from, to }) => from === undefined || to === undefined))
    }
    if (type === 'permanent') settle(operation, begun.changes)
    if (type === 'rolled-back') tried.delete(operation)
  }
  return { plugins: plugins(permanent, tried) }
}

function plugins(permanent: ReadonlyMap<string, Permanent>, tried: ReadonlyMap<number, Tried>): Map<string, RecoveredPlugin> {
  const abandoned = new Map<string, AbandonedVersion[]>()
  for (const [operation, { changes, reached }] of tried) {
    for (const { plugin, to } of changes) {
      const versions = abandoned.get(plugin) ?? []
      abandoned.set(plugin, versions)
      const kept = permanent.get(plugin)
      // A version that a reload was taken back to is the permanent one again.
      if (to !== undefined && to !== kept?.version && operation > (kept?.operation ?? -1)) versions.push({ version: to, reached })
    }
  }
  const ids = new Set([...permanent.keys(), ...abandoned.keys()])
  return new Map([...ids].map((id) => [id, { id, version: permanent.get(id)?.version, abandoned: abandoned.get(id) ?? [] }]))
}
