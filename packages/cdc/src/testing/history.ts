import { Field, Int32, makeData, RecordBatch, Schema, Struct, vectorFromArray } from 'apache-arrow'
import type { CdcBatch, CdcLsn } from '../contract.js'

export interface Commit {
  readonly batch: CdcBatch
  readonly ids: readonly number[]
}

/** The commits of one stream: rows with ids that count up, in batches without a gap. */
export class History {
  readonly commits: Commit[] = []
  readonly origin: CdcLsn
  readonly #mutations: (ids: readonly number[]) => RecordBatch
  #nextId: number

  constructor(origin: CdcLsn, mutations: (ids: readonly number[]) => RecordBatch = idRows, firstId = 0) {
    this.origin = origin
    this.#mutations = mutations
    this.#nextId = firstId
  }

  get head(): CdcLsn {
    return this.commits.at(-1)?.batch.lsnEnd ?? this.origin
  }

  /** Commits `rows` rows with the next ids; the LSNs move by `step`. */
  commit(rows = 2, step = BigInt(Math.max(rows, 1))): CdcBatch {
    const ids = Array.from({ length: rows }, () => this.#nextId++)
    return this.#append(ids, this.#mutations(ids), step)
  }

  /** Commits rows that are not the suite's own. */
  commitForeign(mutations: RecordBatch, step = 3n): CdcBatch {
    return this.#append([], mutations, step)
  }

  /** Removes the last batch, which was refused. */
  takeBack(): void {
    const commit = this.commits.pop()
    if (commit?.ids[0] !== undefined) this.#nextId = commit.ids[0]
  }

  /** The batches from `lsn` on. */
  from(lsn: CdcLsn): CdcBatch[] {
    return this.commits.filter(({ batch }) => batch.lsnStart >= lsn).map(({ batch }) => batch)
  }

  /** The ids of the rows in batches that end at or below `lsn`. */
  idsBelow(lsn: CdcLsn): number[] {
    return this.commits.filter(({ batch }) => batch.lsnEnd <= lsn).flatMap(({ ids }) => ids)
  }

  isBoundary(lsn: CdcLsn): boolean {
    return lsn === this.origin || this.commits.some(({ batch }) => batch.lsnEnd === lsn)
  }

  #append(ids: readonly number[], mutations: RecordBatch, step: CdcLsn): CdcBatch {
    const lsnStart = this.head
    // Frozen, as a log may hand the same batch to several streams.
    const batch = Object.freeze({
      lsnStart,
      lsnEnd: lsnStart + step,
      mutations,
      commitTimestamp: new Date(1_700_000_000_000 + this.commits.length),
    })
    this.commits.push({ batch, ids })
    return batch
  }
}

const idSchema = new Schema([new Field('id', new Int32())])

/** Rows of one column `id`. */
function idRows(ids: readonly number[]): RecordBatch {
  const [id] = vectorFromArray(ids, new Int32()).data
  const children = [id ?? makeData({ type: new Int32(), length: 0 })]
  return new RecordBatch(
    idSchema,
    makeData({ type: new Struct(idSchema.fields), length: ids.length, nullCount: 0, children }),
  )
}
