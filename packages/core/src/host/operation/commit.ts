import type { Handoffs } from '../../dispatch/handoffs.js'
import type { EpochChange } from '../plan/epoch-change.js'
import type { HostState } from '../state/host-state.js'
import type { UnderWay } from '../state/plugins.js'
import type { Succession } from '../plan/succession.js'

export interface Commit {
  readonly operation: UnderWay
  readonly change: EpochChange
  readonly succession: Succession
  readonly handoffs: Handoffs
}

/**
 * Puts into service what was prepared. It is synchronous, runs no plugin code and cannot throw; the time it takes does
 * not depend on how many keys and resources change.
 *
 * @returns what is to be called when the commit is written down.
 */
export function commit(state: HostState, { operation, change, succession, handoffs }: Commit): () => void {
  const { epochs, plugins } = state
  const { retired, installed } = succession
  change.settleLists()
  for (const version of retired) version.lastEpoch = epochs.current.number
  epochs.publish(change.transaction, epochs.fencedWithout(retired))
  for (const version of installed) version.firstEpoch = epochs.current.number
  handoffs.committed()
  for (const version of retired) plugins.bakeOf(version)?.end('superseded')
  const removed = retired.filter(({ id }) => succession.next(id) === undefined)
  const onWritten = state.permanence.committed(
    installed.filter(({ id }) => plugins.get(id) === undefined),
    removed,
  )
  plugins.replace(operation, installed, removed)
  return onWritten
}
