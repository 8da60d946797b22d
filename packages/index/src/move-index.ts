import { preCopy, type HandoffJob, type ResourceHandoff, type StepContext } from '@uni/reload-core'
import { NO_QUESTIONS, questionsOf, type CanaryOptions } from './canary.js'
import type { IndexHandle, IndexKindProvider } from './contract.js'
import type { OwnedImage } from './image/owned-image.js'
import { differenceIn, meaningOf, type Meaning } from './meaning.js'
import type { ImageSpool } from './spool.js'
import { isIsolated, openIndex, persistIndex } from './steps.js'

export interface MoveOptions {
  readonly canary: CanaryOptions | undefined
  readonly checkSchema: boolean
  readonly redact: boolean
  readonly spool: ImageSpool | undefined
  /** Whether samples have shown that the new version answers as the old one does. */
  shownBySamples(next: IndexKindProvider): boolean
}

const NOTHING_FOUND =
  'the canary finds nothing in this index, and the kind has no samples that find anything: only ' +
  'the schema is compared. ' +
  'Give the canary queries that find rows'

/**
 * Moves one index: `persist()` on the old handle, `open()` on the new provider, compare, then apply the writes made
 * since.
 */
export function moveIndex(
  job: HandoffJob<IndexKindProvider, IndexHandle>,
  ctx: StepContext,
  { canary, checkSchema, redact, spool, shownBySamples }: MoveOptions,
): ResourceHandoff<IndexHandle> {
  const { key, name } = job
  // The same condition as in `preCopy`: where the old index is stopped and the new one fails, the old provider opens
  // the image again.
  const stopped = job.cutover === 'exclusive' || job.gate.halted !== undefined
  let questions = NO_QUESTIONS
  let replaced: IndexHandle | undefined

  const move = preCopy<IndexKindProvider, IndexHandle, OwnedImage, Meaning>(job, ctx, {
    snapshot(handle) {
      replaced = handle
      return persistIndex(handle, job, ctx, { spool, repeatable: stopped })
    },
    isolated: isIsolated,
    restore(provider, image) {
      return openIndex(provider, image, job, ctx, {
        claim(opened) {
          // The old handle must not be closed, as other unwanted ones are: it serves.
          if (opened === replaced && provider === job.next) {
            throw new Error('open() resolved with the old handle itself. Expected a handle of the new version')
          }
          job.claim?.(opened as IndexHandle)
        },
        letGo: (opened) => job.letGo?.(opened as IndexHandle),
      })
    },
    meaning: {
      async observe(handle, { signal }) {
        const meant = await meaningOf(handle, questions, checkSchema, { signal, slices: ctx.slices() })
        if (canary && meant.answers.every(({ numRows }) => numRows === 0) && !shownBySamples(job.next)) {
          ctx.unjudged(NOTHING_FOUND)
        }
        return meant
      },
      async verify(restored, meant, { signal }) {
        const difference = await differenceIn(restored, meant, { signal, slices: ctx.slices() }, redact)
        if (difference === undefined) return
        throw Object.assign(new Error(difference.reason), { details: difference.details })
      },
    },
    close: (handle) => handle.close?.(),
    discard: (image) => image.discard(),
  })
  return {
    ...move,
    async prepare() {
      // Chosen before the snapshot, as writes are held once the queries are asked.
      if (canary) questions = await ctx.call('canary queries', () => questionsOf(canary, { key, name }, job.transition))
      await move.prepare?.()
    },
  }
}
