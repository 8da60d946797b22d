import type { HandoffStrategy } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import type { CanaryOptions } from './canary.js'
import { indexKind, type IndexHandle, type IndexKindProvider } from './contract.js'
import { moveIndex } from './move-index.js'
import { judgeSamples } from './samples.js'
import type { ImageSpool } from './spool.js'

export interface IndexHandoffOptions {
  /** Queries that the new index has to answer as the old one did, before the commit. */
  readonly canary?: CanaryOptions
  /** Whether the new handle's `schema()` has to equal the old one's in everything. Default true. */
  readonly checkSchema?: boolean
  /** How many of a provider's samples a later version is held to. Default 64; what is left out is told in the verdict. */
  readonly sampleLimit?: number
  /** Keeps images outside memory; needed where either side works with files. See `fileSpool`. */
  readonly spool?: ImageSpool
}

/**
 * The discipline of index kinds, pre-copy: `persist()` on the old handle → `open()` on the new provider, while the old
 * index goes on serving reads and writes; then the writes made meanwhile, and the commit.
 *
 * @throws TypeError for options that are not of their form.
 */
export function indexHandoff({ canary, checkSchema = true, sampleLimit = 64, spool }: IndexHandoffOptions = {}): HandoffStrategy<IndexKindProvider, IndexHandle, RecordBatch> {
  if (!Number.isInteger(sampleLimit) || sampleLimit < 0) throw new TypeError(`sampleLimit is ${String(sampleLimit)}; expected an integer of 0 or more`)
  return {
    surface: indexKind,
    discipline: 'pre-copy',
    checkCompat: (pair, ctx) => judgeSamples(pair, ctx, { checkSchema, sampleLimit, spool }),
    handoff: (job, ctx) => moveIndex(job, ctx, { canary, checkSchema, spool }),
    close: (handle) => handle.close?.(),
  }
}
