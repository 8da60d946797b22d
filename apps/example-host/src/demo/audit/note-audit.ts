import type { ExampleHost } from '../../host/example-host.js'
import type { Acknowledged } from '../acknowledged.js'
import type { Replica } from '../workload/edits.js'

export interface NoteAudit {
  readonly name: string
  readonly editsSent: number
  /** Acknowledged tokens that the note does not have exactly once. */
  readonly editsMissing: number
  /** Whether every replica, having caught up, shows the text that the host has. */
  readonly replicasConverged: boolean
}

/** Reads a note back from the host and from the people who typed it. */
export async function auditNote(host: ExampleHost, name: string, replicas: readonly Replica[], acknowledged: Acknowledged): Promise<NoteAudit> {
  const value = await host.notes.get(name)?.use((state) => state.value())
  const text = (value as { readonly body?: unknown } | undefined)?.body
  const sent = acknowledged.edits.get(name) ?? []
  for (const replica of replicas) for (const other of replicas) replica.syncFrom(other)
  for (const replica of replicas) for (const other of replicas) replica.syncFrom(other)
  return {
    name, editsSent: sent.length,
    editsMissing: sent.filter((token) => String(text).split(token).length !== 2).length,
    replicasConverged: replicas.every((replica) => replica.text === text),
  }
}
