import type { Handoffs } from '../dispatch/handoffs.js'
import type { EpochChange } from './epoch-change.js'
import type { HostState } from './host-state.js'
import type { Preflight } from './preflight.js'
import type { Succession } from './succession.js'
import { tableKey } from './table-key.js'

export interface Commit {
  readonly change: EpochChange
  readonly succession: Succession
  readonly preflight: Preflight
  readonly handoffs: Handoffs
  /** Whether gates keep the writes from here on, as the reload may be taken back. */
  readonly retain: boolean
}

/**
 * Puts into service what was prepared: synchronous, runs no plugin code, cannot throw. Returns what is to be called
 * when the commit is written down.
 */
export function commit(state: HostState, { change, succession, preflight, handoffs, retain }: Commit): () => void {
  const moved = new Map([...handoffs.results()].map(([{ gate }, resource]) => [gate, resource]))
  for (const attached of state.attached.values()) {
    const owner = moved.has(attached.gate) ? succession.after(attached.slot, attached.key)?.owner : undefined
    if (owner === undefined) continue
    attached.owner = owner
    change.edit({ slot: attached.slot, name: attached.name, entry: { owner, slot: { live: moved.get(attached.gate) } } })
  }
  for (const { slot, name } of preflight.orphans) change.edit({ slot, name, entry: undefined })

  state.publish(change)
  handoffs.commit({ retain })
  for (const version of succession.retired) state.bakes.get(version)?.end('superseded')
  for (const { slot, name, gate } of preflight.orphans) {
    state.attached.delete(tableKey(slot, name))
    void gate.close()
  }
  const removed = succession.retired.filter(({ id }) => !succession.installed.some((version) => version.id === id))
  const onWritten = state.permanence.committed(succession.installed.filter(({ id }) => !state.plugins.has(id)), removed)
  for (const { id } of removed) state.plugins.delete(id)
  for (const version of succession.installed) {
    state.plugins.set(version.id, version)
    for (const { slot, key } of version.registrations) state.remembered.delete(tableKey(slot, key))
  }
  for (const [key, kept] of preflight.remembered) state.remembered.set(key, kept)
  return onWritten
}
