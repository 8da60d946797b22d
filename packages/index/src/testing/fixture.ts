import type { MaybePromise } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import type { IndexKindProvider } from '../contract.js'
import type { ImageSpool } from '../spool.js'

/** What is tested, and with what. Made anew for each test. */
export interface IndexFixture {
  /** The version under test. Two of them must not depend on each other: they stand for two processes. */
  readonly provider: IndexKindProvider
  /** A few rows to begin with; three at least. */
  readonly source: RecordBatch
  /**
   * Queries, each with one right answer: the best `k` rows are ranked without ties. Changes have to show in the
   * answers. An approximate search has one right answer only while the index is small and was changed a dozen times at
   * most; for later, see `scan`.
   */
  readonly queries: readonly RecordBatch[]
  /** Rows asked for per query. Default 10. */
  readonly k?: number | undefined
  /** How two answers differ, or `undefined`. Default: as `canary.compare` of `indexHandoff`. */
  compare?(old: RecordBatch, next: RecordBatch): string | undefined
  /**
   * Change number `nth` of an endless list, the same on each call. The first dozen add, replace and remove rows, and
   * number 0 shows in an answer. For the capability `writes`.
   */
  change?(nth: number): RecordBatch
  /**
   * The right answer to a query that is answered approximately: the best `k` rows of `source` after the changes 0 to
   * `changes` − 1, found by looking at each row. The columns that name a row are enough. `undefined` for a query that
   * has one right answer however often the index was changed, such as one for all rows; give at least one of those, so
   * that a lost change differs from a row that was not found. For `recall`.
   */
  scan?(query: RecordBatch, k: number, changes: number): RecordBatch | undefined
  /** Changes that `apply` has to refuse as a whole, some of which begin with a row that is in order. For `writes`. */
  readonly badChanges?: readonly RecordBatch[] | undefined
  /** For `filter`. */
  readonly filters?: readonly FilterCase[] | undefined
  /** Filters that this kind does not know, and has to refuse. For `filter`. */
  readonly badFilters?: readonly unknown[] | undefined
  /** The version that was live before. For `upgrade`. */
  readonly previous?: IndexKindProvider | undefined
  /** Such as `fileSpool` with a directory of its own. For `files`. */
  readonly spool?: ImageSpool | undefined
  /**
   * The names of what is open or was left behind, such as files in the spool's directory. Called when nothing should
   * be.
   */
  residue?(): MaybePromise<readonly string[]>
  /** Called when the test is over. */
  dispose?(): MaybePromise<void>
}

export interface FilterCase {
  readonly filter: unknown
  /** Whether the filter admits a row of an answer, by its columns. */
  admits(row: Readonly<Record<string, unknown>>): boolean
}

/** What a provider claims, and is tested for. Each capability is a section of the suite. */
export interface IndexCapabilities {
  /** Handles have `apply`. */
  readonly writes?: boolean | undefined
  /** Handles have `probeFiltered`, and say `supportsFilter`. */
  readonly filter?: boolean | undefined
  /** Handles say `snapshot: 'isolated'`. */
  readonly isolated?: boolean | undefined
  /**
   * Searches are approximate, and find at least this share of the best `k` rows (recall@k, the mean over the fixture's
   * queries), however often the index was changed: above 0, and below 1. Without it every answer has to be complete.
   */
  readonly recall?: number | undefined
  /** The provider has `samples()`. */
  readonly samples?: boolean | undefined
  /** An image that was changed in any bit is refused. */
  readonly checksum?: boolean | undefined
  /** The fixture has a spool, so that images may be files. */
  readonly files?: boolean | undefined
  /** The fixture has the version before. */
  readonly upgrade?: boolean | undefined
  /** The version before reads images of this one, so that there is a way back. */
  readonly downgrade?: boolean | undefined
}
