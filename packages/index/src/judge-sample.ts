import { closeAside, type MaybePromise, type ProviderPair, type StepContext } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import { attempt } from './attempt.js'
import { buildIndex } from './build-index.js'
import { DEFAULT_K, type Questions } from './canary.js'
import type { IndexHandle, IndexKindProvider, IndexSample } from './contract.js'
import type { OwnedImage } from './image/owned-image.js'
import { differenceIn, meaningOf, type Meaning } from './meaning.js'
import type { ImageSpool } from './spool.js'
import { openIndex, persistIndex } from './steps.js'

export interface JudgeSampleOptions {
  readonly checkSchema: boolean
  readonly redact: boolean
  readonly spool: ImageSpool | undefined
}

export type Pair = ProviderPair<IndexKindProvider, IndexHandle>

/** One index that is judged: a sample as given, or without its rows. */
export interface SampleCase {
  readonly name: string
  readonly source: RecordBatch
  readonly questions: Questions
}

/** The sample as given, and, unless it is empty anyway, without its rows. */
export function* casesOf(nth: number, { source, queries, k = DEFAULT_K }: IndexSample): Generator<SampleCase> {
  const questions = { queries, k }
  yield { name: `sample ${nth}`, source, questions }
  if (source.numRows > 0) yield { name: `sample ${nth} without rows`, source: source.slice(0, 0), questions }
}

/**
 * Has the old version build and persist an index of the sample, has the new version open it, and compares what they
 * mean. Closes both in the end.
 */
export async function judgeSample(
  sample: SampleCase,
  { key, old, next }: Pair,
  ctx: StepContext,
  options: JudgeSampleOptions,
): Promise<SampleVerdict> {
  const { name, source, questions } = sample
  const target = { key, name }
  const undo: { readonly claimed?: IndexHandle; close(): MaybePromise<void> }[] = []

  const persistOld = async (): Promise<{ meant: Meaning; image: OwnedImage }> => {
    const handle = await ctx.call(
      `build ${name}`,
      async () => {
        const built = await buildIndex(old, source)
        ctx.claim(built)
        return built
      },
      { discard: (late) => late.close?.() },
    )
    undo.push({ claimed: handle, close: () => handle.close?.() })
    const meant = await ctx.call(`probe ${name}`, (signal) =>
      meaningOf(handle, questions, options.checkSchema, { signal, slices: ctx.slices() }),
    )
    const image = await ctx.call(
      `persist ${name}`,
      () => persistIndex(handle, target, ctx, { spool: options.spool, repeatable: false }),
      { discard: (late) => late.discard() },
    )
    undo.push({ close: () => image.discard() })
    return { meant, image }
  }
  const judgeNext = async ({ meant, image }: { meant: Meaning; image: OwnedImage }): Promise<Judged> => {
    const handle = await ctx.call(`open ${name}`, () => openIndex(next, image, target, ctx), {
      discard: (late) => late.close?.(),
    })
    undo.push({ claimed: handle, close: () => handle.close?.() })
    const difference = await ctx.call(`verify ${name}`, (signal) =>
      differenceIn(handle, meant, { signal, slices: ctx.slices() }, options.redact),
    )
    return difference === undefined
      ? { level: 'compatible', found: meant.answers.some(({ numRows }) => numRows > 0) }
      : { level: 'incompatible', reason: `${name}: ${difference.reason}`, details: difference.details }
  }

  try {
    // If the old version itself fails on a sample, that tells nothing about the new one.
    const persisted = await attempt(persistOld)
    if ('failure' in persisted) return { unjudged: `the old version fails on it: ${persisted.failure}` }
    const judged = await attempt(() => judgeNext(persisted.value))
    if ('failure' in judged) {
      return {
        level: 'incompatible',
        reason: `${name}: the new version cannot open it: ${judged.failure}`,
        details: undefined,
      }
    }
    return judged.value
  } finally {
    for (const { close, claimed } of undo.toReversed()) await closeAside(ctx, close, claimed)
  }
}

export type SampleVerdict = Judged | { readonly unjudged: string }
type Judged =
  /** `found`: whether an answer has rows. */
  | { readonly level: 'compatible'; readonly found: boolean }
  | { readonly level: 'incompatible'; readonly reason: string; readonly details: unknown }
