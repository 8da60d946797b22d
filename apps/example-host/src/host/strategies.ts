import type { AnyStrategy } from '@uni/reload-core'
import { aggregateFnHandoff, backgroundJobHandoff, scalarFnHandoff, storageBackendHandoff } from '@uni/reload-core/surfaces'
import { cdcHandoff, type CommitLog } from '@uni/reload-cdc'
import { crdtHandoff } from '@uni/reload-crdt'
import { indexHandoff, type ImageSpool } from '@uni/reload-index'
import { logicalTypeHandoff } from '@uni/reload-logical-type'
import type { RecordBatch } from 'apache-arrow'
import { everyDocument } from './queries.js'

/** One strategy a surface: what this host can replace. Images that are handed over as files go through `spool`. */
export function strategies(log: CommitLog, spool?: ImageSpool): AnyStrategy[] {
  return [
    scalarFnHandoff(), aggregateFnHandoff(), storageBackendHandoff(), backgroundJobHandoff(),
    indexHandoff({ ...(spool && { spool }), canary: { queries: [everyDocument], k: Number.MAX_SAFE_INTEGER, compare: sameDocuments } }),
    cdcHandoff({ canResume: (lsn) => log.canReadFrom(lsn) }),
    crdtHandoff({ direction: 'full' }),
    logicalTypeHandoff(),
  ]
}

/** A new version may rank otherwise; it must hold the same documents in the same revisions. */
function sameDocuments(old: RecordBatch, next: RecordBatch): string | undefined {
  const before = revisions(old)
  const after = revisions(next)
  for (const [id, revision] of before) {
    if (after.get(id) !== revision) return `document ${id} is at revision ${revision} in the old index and at ${after.get(id) ?? 'none'} in the new one`
  }
  return after.size === before.size ? undefined : `${before.size} documents in the old index, ${after.size} in the new one`
}

function revisions(answer: RecordBatch): Map<string, number> {
  const ids = answer.getChild('id')
  const revision = answer.getChild('revision')
  return new Map(Array.from({ length: answer.numRows }, (_, row) => [String(ids?.get(row)), Number(revision?.get(row))]))
}
