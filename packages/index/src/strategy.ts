import { checkOptions, option, type HandoffStrategy, type OptionChecks } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import { CANARY, type CanaryOptions } from './canary.js'
import { indexKind, type IndexHandle, type IndexKindProvider } from './contract.js'
import { moveIndex } from './move-index.js'
import { judgeSamples } from './samples.js'
import type { ImageSpool } from './spool.js'

export interface IndexHandoffOptions {
  /** Queries that the new index has to answer as the old one does, before the commit. */
  readonly canary?: CanaryOptions | undefined
  /** Whether the new handle's `schema()` has to equal the old one's in everything. Default true. */
  readonly checkSchema?: boolean | undefined
  /** How many samples of a provider a later version is judged by. Default 64; the verdict names what was left out. */
  readonly sampleLimit?: number | undefined
  /**
   * Whether refusals name values of rows by kind and size only, since more people read errors than indexes. What a
   * provider throws, and what `canary.compare` returns, is shown as it is. Default false.
   */
  readonly redact?: boolean | undefined
  /** Keeps images outside memory, such as `fileSpool`. Needed where either version works with files. */
  readonly spool?: ImageSpool | undefined
}

const OPTIONS: OptionChecks<IndexHandoffOptions> = {
  canary: option.object(CANARY),
  checkSchema: option.flag,
  sampleLimit: option.count(0),
  redact: option.flag,
  spool: option.with('write', 'adopt'),
}

/**
 * The discipline of index kinds, pre-copy: `persist()` on the old handle → `open()` on the new provider, while the old
 * index serves reads and writes; then the writes made meanwhile, and the commit.
 *
 * @throws TypeError or RangeError that names the option that is malformed.
 */
export function indexHandoff(
  options: IndexHandoffOptions = {},
): HandoffStrategy<IndexKindProvider, IndexHandle, RecordBatch> {
  const {
    canary,
    checkSchema = true,
    sampleLimit = 64,
    redact = false,
    spool,
  } = checkOptions(options, 'indexHandoff options', OPTIONS)
  /** New versions that have answered samples as the old version did. */
  const shown = new WeakSet<IndexKindProvider>()
  return {
    surface: indexKind,
    discipline: 'pre-copy',
    checkCompat: (pair, ctx) =>
      judgeSamples(pair, ctx, {
        checkSchema,
        sampleLimit,
        redact,
        spool,
        canary: canary !== undefined,
        shown: (next) => {
          shown.add(next)
        },
      }),
    handoff: (job, ctx) =>
      moveIndex(job, ctx, { canary, checkSchema, redact, spool, shownBySamples: (next) => shown.has(next) }),
    close: (handle) => handle.close?.(),
  }
}
