import type { LiveResource } from '@uni/reload-core'
import type { CrdtState } from '@uni/reload-crdt'
import type { Acknowledged } from '../acknowledged.js'
import { occurrences, type Replica } from '../workload/replicas/replica.js'

export interface SharedAudit {
  readonly name: string
  readonly editsSent: number
  /** Acknowledged tokens that the host does not have exactly once. */
  readonly editsMissing: number
  /** Whether every replica, having caught up, shows what the host has. */
  readonly replicasConverged: boolean
}

/** Reads what was edited together back from the host, and from the people who edited it. */
export async function auditShared(
  resource: LiveResource<CrdtState, Uint8Array>,
  replicas: readonly Replica[],
  acknowledged: Acknowledged,
): Promise<SharedAudit> {
  const value = await resource.use((state) => state.value())
  const sent = acknowledged.edits.get(resource.name) ?? []
  for (const replica of replicas) for (const other of replicas) if (other !== replica) replica.catchUpWith(other)
  return {
    name: resource.name,
    editsSent: sent.length,
    editsMissing: occurrences(value, sent).filter((count) => count !== 1).length,
    replicasConverged: replicas.every((replica) => replica.agreesWith(value)),
  }
}
