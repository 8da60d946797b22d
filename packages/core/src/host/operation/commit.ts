import type { Handoffs } from '../../dispatch/handoffs.js'
import type { EpochChange } from '../plan/epoch-change.js'
import type { HostState } from '../host-state.js'
import type { Preflight } from '../plan/preflight.js'
import type { Succession } from '../plan/succession.js'

export interface Commit {
  readonly change: EpochChange
  readonly succession: Succession
  readonly preflight: Preflight
  readonly handoffs: Handoffs
  /** Whether gates keep the writes from here on, as the reload may be taken back. */
  readonly retain: boolean
}

/**
 * Puts into service what was prepared: synchronous, runs no plugin code, cannot throw. What it takes does not depend on
 * how many keys and resources change. Returns what is to be called when the commit is written down.
 */
export function commit(state: HostState, { change, succession, preflight, handoffs, retain }: Commit): () => void {
  const { retired, installed } = succession
  change.settleLists()
  for (const version of retired) version.lastEpoch = state.epoch.number
  state.publish(change.transaction, state.fencedWithout(retired))
  for (const version of installed) version.firstEpoch = state.epoch.number
  handoffs.committed({ retain })
  for (const version of retired) state.bakes.get(version)?.end('superseded')
  for (const { gate } of preflight.orphans.keys()) void gate.close()
  const removed = retired.filter(({ id }) => succession.next(id) === undefined)
  const onWritten = state.permanence.committed(
    installed.filter(({ id }) => !state.plugins.has(id)),
    removed,
  )
  for (const { id } of removed) state.plugins.delete(id)
  for (const version of installed) state.plugins.set(version.id, version)
  return onWritten
}
