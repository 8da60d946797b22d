import { tableFromArrays, type RecordBatch } from 'apache-arrow'
import type { CdcBatch } from '../../src/index.js'

/** `count` rows whose ids start at `from`. */
export function mutations(count: number, from = 0): RecordBatch {
  const [batch] = tableFromArrays({ id: Int32Array.from({ length: count }, (_, row) => from + row) }).batches
  return batch as RecordBatch
}

export function batch(lsnStart: bigint, lsnEnd: bigint): CdcBatch {
  return {
    lsnStart,
    lsnEnd,
    mutations: mutations(Number(lsnEnd - lsnStart), Number(lsnStart)),
    commitTimestamp: new Date(0),
  }
}
