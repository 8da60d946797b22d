import type { CdcBatch, CdcLsn, CommitLog } from '@uni/reload-cdc'
import { changesOf } from '../../src/index.js'

/** What a log has from `from` on. */
export async function collect(log: CommitLog, from: CdcLsn = log.oldest): Promise<CdcBatch[]> {
  const batches: CdcBatch[] = []
  for await (const batch of log.read(from)) batches.push(batch)
  return batches
}

/** The ids of the rows in some batches; of a truncation, its name. */
export function idsOf(batches: readonly CdcBatch[]): unknown[] {
  return batches.flatMap((batch) =>
    Array.from(changesOf(batch), (change) => ('new' in change ? change.new['id'] : change.op)),
  )
}
