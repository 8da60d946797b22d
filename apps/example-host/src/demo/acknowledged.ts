import type { CdcLsn } from '@uni/reload-cdc'
import type { DocumentChange } from '../host/document.js'

/**
 * What the host has acknowledged, written down by those who were told. Nothing in here comes from the host's own
 * counters.
 */
export class Acknowledged {
  readonly commits = new Map<CdcLsn, readonly DocumentChange[]>()
  readonly documents = new Map<string, DocumentChange>()
  /** The tokens added to each document that is edited together. */
  readonly edits = new Map<string, string[]>()
  readonly attachments = new Map<string, string>()

  commit(lsn: CdcLsn, changes: readonly DocumentChange[]): void {
    this.commits.set(lsn, changes)
    for (const change of changes) this.documents.set(change.id, change)
  }

  edit(name: string, token: string): void {
    const tokens = this.edits.get(name)
    if (tokens) tokens.push(token)
    else this.edits.set(name, [token])
  }
}
