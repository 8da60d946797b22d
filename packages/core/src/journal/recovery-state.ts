import type { JournalRecord, JournaledChange } from './record.js'

/** A version that was not permanent when the run ended. */
export interface AbandonedVersion {
  readonly version: string
  /** Its last record. From `prepared` on it may have held live resources, and written what only it can read. */
  readonly reached: 'intent' | 'prepared' | 'committed'
}

export interface RecoveredPlugin {
  readonly id: string
  /** The version to start; absent where the plugin was removed. */
  readonly version: string | undefined
  /** The versions that were not permanent when the run ended, oldest first. */
  readonly abandoned: readonly AbandonedVersion[]
}

/** What a host has to start after a crash. */
export interface RecoveryPlan {
  /** Every plugin the journal knows, by id. */
  readonly plugins: ReadonlyMap<string, RecoveredPlugin>
}

interface Tried {
  readonly changes: readonly JournaledChange[]
  reached: AbandonedVersion['reached']
}

/** A permanent version, and the operation that brought it; 0 where the run began with it. */
interface Permanent {
  readonly version: string | undefined
  readonly operation: number
}

/** Reads records one by one, and knows the versions that the next run would have to start by now. */
export class RecoveryState {
  readonly #permanent = new Map<string, Permanent>()
  readonly #tried = new Map<number, Tried>()

  add(record: JournalRecord): void {
    if (record.type === 'active') {
      for (const [plugin, version] of Object.entries(record.plugins)) {
        this.#permanent.set(plugin, { version: version ?? undefined, operation: record.since?.[plugin] ?? 0 })
      }
      return
    }
    const { type, operation } = record
    if (type === 'intent') this.#tried.set(operation, { changes: record.changes, reached: 'intent' })
    const begun = this.#tried.get(operation)
    if (begun === undefined) return
    if (type === 'prepared') begun.reached = 'prepared'
    if (type === 'committed') {
      begun.reached = 'committed'
      // An install or a removal has no earlier version to come back on, so it is permanent at once.
      this.#settle(
        operation,
        begun.changes.filter(({ from, to }) => from === undefined || to === undefined),
      )
    }
    if (type === 'permanent') this.#settle(operation, begun.changes)
    if (type === 'rolled-back') this.#tried.delete(operation)
  }

  plan(): RecoveryPlan {
    const abandoned = new Map<string, AbandonedVersion[]>()
    for (const [operation, { changes, reached }] of this.#tried) {
      for (const { plugin, to } of changes) {
        const versions = abandoned.get(plugin) ?? []
        abandoned.set(plugin, versions)
        // After a take-back, the version that serves is the permanent one.
        if (to !== undefined && to !== this.#permanent.get(plugin)?.version && operation > this.#settledBy(plugin)) {
          versions.push({ version: to, reached })
        }
      }
    }
    const ids = new Set([...this.#permanent.keys(), ...abandoned.keys()])
    return {
      plugins: new Map(
        [...ids].map((id) => [
          id,
          { id, version: this.#permanent.get(id)?.version, abandoned: abandoned.get(id) ?? [] },
        ]),
      ),
    }
  }

  /** The record that begins the next run. */
  restart(): JournalRecord {
    return { type: 'active', plugins: this.#versions() }
  }

  /** The fewest records that can stand for all so far, whatever records of this run follow. */
  records(): JournalRecord[] {
    const since = Object.fromEntries(
      [...this.#permanent].flatMap(([plugin, { operation }]) => (operation > 0 ? [[plugin, operation] as const] : [])),
    )
    const active: JournalRecord = { type: 'active', plugins: this.#versions(), since }
    return [
      active,
      ...[...this.#tried].flatMap(([operation, { changes, reached }]): JournalRecord[] => {
        // Later permanent versions of all its plugins have settled this operation.
        if (changes.every(({ plugin }) => this.#settledBy(plugin) >= operation)) return []
        return [
          { type: 'intent', operation, changes },
          ...(reached === 'intent' ? [] : [{ type: reached, operation } as const]),
        ]
      }),
    ]
  }

  #versions(): Record<string, string | null> {
    return Object.fromEntries([...this.#permanent].map(([plugin, { version }]) => [plugin, version ?? null]))
  }

  #settledBy(plugin: string): number {
    return this.#permanent.get(plugin)?.operation ?? -1
  }

  #settle(operation: number, changes: readonly JournaledChange[]): void {
    for (const { plugin, to } of changes) {
      // A later operation on the plugin may have been made permanent before this one.
      if (this.#settledBy(plugin) < operation) this.#permanent.set(plugin, { version: to, operation })
    }
  }
}
