import { checkOptions, option, type HandoffStrategy, type OptionChecks } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import { CANARY, type CanaryOptions } from './canary.js'
import { indexKind, type IndexHandle, type IndexKindProvider } from './contract.js'
import { moveIndex } from './move-index.js'
import { judgeSamples } from './samples.js'
import type { ImageSpool } from './spool.js'

export interface IndexHandoffOptions {
  /** Queries that the new index has to answer as the old one did, before the commit. */
  readonly canary?: CanaryOptions | undefined
  /** Whether the new handle's `schema()` has to equal the old one's in everything. Default true. */
  readonly checkSchema?: boolean | undefined
  /**
   * How many of a provider's samples a later version is held to. Default 64; what is left out is told in the verdict.
   */
  readonly sampleLimit?: number | undefined
  /**
   * Whether refusals tell values of rows by kind and size only, since errors are read by more people than indexes are.
   * What a provider throws and what `canary.compare` says is told as it is. Default false.
   */
  readonly redact?: boolean | undefined
  /** Keeps images outside memory; needed where either side works with files. See `fileSpool`. */
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
 * index goes on serving reads and writes; then the writes made meanwhile, and the commit.
 *
 * @throws TypeError or RangeError that names an option that is not of its form.
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
  /** New versions that samples have shown to mean what the old one meant. */
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
