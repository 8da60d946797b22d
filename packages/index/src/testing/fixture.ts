import type { MaybePromise } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import type { IndexKindProvider } from '../contract.js'
import type { ImageSpool } from '../spool.js'

/** What is tested, with what to test it by. Made anew for each test. */
export interface IndexFixture {
  /** The version under test. Two of them must not depend on each other: they stand for two processes. */
  readonly provider: IndexKindProvider
  /** A few rows to begin with; three at least. */
  readonly source: RecordBatch
  /**
   * Questions, each with one right answer: let the best `k` rows be ranked without ties. Let changes show in them. An
   * approximate search has one as long as the index is small and was changed a dozen times at most; see `scan` for what
   * it answers later.
   */
  readonly queries: readonly RecordBatch[]
  /** Rows asked for per question. Default 10. */
  readonly k?: number | undefined
  /** In what two answers differ, or `undefined`. Default: as `canary.compare` of `indexHandoff`. */
  compare?(old: RecordBatch, next: RecordBatch): string | undefined
  /**
   * Change number `nth` of an endless list, the same each time it is asked for. Let the first dozen add, replace and
   * remove rows, and let number 0 show in an answer. For the capability `writes`.
   */
  change?(nth: number): RecordBatch
  /**
   * The right answer to a query that is answered approximately: the best `k` rows of `source` after the changes 0 to
   * `changes` − 1, found by looking at each. The columns that name a row are enough. `undefined` for a query that has
   * one right answer whatever was changed, such as one for all rows; let there be one, so that a lost change is told
   * from a row that was not found. For `recall`.
   */
  scan?(query: RecordBatch, k: number, changes: number): RecordBatch | undefined
  /** Changes that `apply` has to refuse wholly: let some begin with a row that is in order. For `writes`. */
  readonly badChanges?: readonly RecordBatch[] | undefined
  /** For `filter`. */
  readonly filters?: readonly FilterCase[] | undefined
  /** Filters that are none of this kind, and are to be refused. For `filter`. */
  readonly badFilters?: readonly unknown[] | undefined
  /** The version that was live before. For `upgrade`. */
  readonly previous?: IndexKindProvider | undefined
  /** Such as `fileSpool` of a directory of its own. For `files`. */
  readonly spool?: ImageSpool | undefined
  /**
   * The names of what is open or lying about: files in the spool's directory, open file handles. Asked when nothing
   * should be.
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

/** What a provider claims, and so is held to. Each claim is a section of the suite. */
export interface IndexCapabilities {
  /** Handles have `apply`. */
  readonly writes?: boolean | undefined
  /** Handles have `probeFiltered`, and say `supportsFilter`. */
  readonly filter?: boolean | undefined
  /** Handles say `snapshot: 'isolated'`. */
  readonly isolated?: boolean | undefined
  /**
   * Searches are approximate, and find at least this share of the best `k` rows (recall@k, as a mean over the fixture's
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
  /** The version before reads what this one writes: a way back. */
  readonly downgrade?: boolean | undefined
}
