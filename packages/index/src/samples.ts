import { closeAside, describeThrown, ReloadError, synchronous, type CompatVerdict, type MaybePromise, type ProviderPair, type StepContext } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import { buildIndex } from './build-index.js'
import { DEFAULT_K, NO_QUESTIONS, type Questions } from './canary.js'
import type { IndexHandle, IndexKindProvider } from './contract.js'
import type { HeldImage } from './image/held-image.js'
import { differenceIn, meaningOf, type Meaning } from './meaning.js'
import { assertBatch } from './shape.js'
import type { ImageSpool } from './spool.js'
import { openIndex, persistIndex } from './steps.js'

export interface SamplesOptions {
  readonly checkSchema: boolean
  readonly spool: ImageSpool | undefined
}

/** One sample as it is judged: as given, or without its rows. */
interface Case {
  readonly name: string
  readonly source: RecordBatch
  readonly questions: Questions
}

type Pair = ProviderPair<IndexKindProvider, IndexHandle>

/**
 * Judges a provider pair by the old one's samples (I6): each is built and persisted by the old provider, opened by the new
 * one, and has to answer its queries as before; so does the same sample without a row, which is the empty state. Without
 * samples there is nothing to judge here: each live index is judged by its own image before the commit.
 */
export async function judgeSamples(pair: Pair, ctx: StepContext, options: SamplesOptions): Promise<CompatVerdict> {
  const unjudged: string[] = []
  for (const sample of casesOf(pair.old)) {
    const verdict = await judgeSample(sample, pair, ctx, options)
    if (verdict.level === 'incompatible') return verdict
    if (verdict.level === 'migrate') unjudged.push(verdict.reason)
  }
  return unjudged.length === 0 ? { level: 'compatible' } : { level: 'migrate', reason: unjudged.join('; ') }
}

function* casesOf(provider: IndexKindProvider): Generator<Case> {
  let nth = 0
  for (const { source, queries, k = DEFAULT_K } of synchronous(provider.samples?.() ?? [], 'samples()', 'it lists what it has')) {
    assertBatch(source, `the source of sample ${nth}`)
    const questions = { ...NO_QUESTIONS, queries, k }
    yield { name: `sample ${nth}`, source, questions }
    if (source.numRows > 0) yield { name: `sample ${nth} without rows`, source: source.slice(0, 0), questions }
    nth += 1
  }
}

async function judgeSample(sample: Case, { key, old, next }: Pair, ctx: StepContext, options: SamplesOptions): Promise<CompatVerdict> {
  const { name, source, questions } = sample
  const target = { key, name }
  const undo: (() => MaybePromise<void>)[] = []

  const persistOld = async (): Promise<{ meant: Meaning; image: HeldImage }> => {
    const handle = await ctx.call(`build ${name}`, () => buildIndex(old, source), { discard: (late) => late.close?.() })
    undo.push(() => handle.close?.())
    const meant = await ctx.call(`probe ${name}`, () => meaningOf(handle, questions, options.checkSchema))
    const image = await ctx.call(`persist ${name}`, () => persistIndex(handle, target, ctx, { spool: options.spool, repeatable: false }),
      { discard: (late) => late.discard() })
    undo.push(() => image.discard())
    return { meant, image }
  }
  const judgeNext = async ({ meant, image }: { meant: Meaning; image: HeldImage }): Promise<CompatVerdict> => {
    const handle = await ctx.call(`open ${name}`, () => openIndex(next, image, target, ctx), { discard: (late) => late.close?.() })
    undo.push(() => handle.close?.())
    const difference = await ctx.call(`verify ${name}`, () => differenceIn(handle, meant))
    return difference === undefined ? { level: 'compatible' }
      : { level: 'incompatible', reason: `${name}: ${difference.reason}`, details: difference.details }
  }

  try {
    // A sample that the old version itself cannot handle says nothing about the new one.
    const persisted = await attempt(persistOld)
    if ('failure' in persisted) return { level: 'migrate', reason: `${name} is not judged, the old version fails on it: ${persisted.failure}` }
    const judged = await attempt(() => judgeNext(persisted.value))
    if ('failure' in judged) return { level: 'incompatible', reason: `${name}: the new version cannot open it: ${judged.failure}` }
    return judged.value
  } finally {
    for (const close of undo.toReversed()) await closeAside(ctx, close)
  }
}

type Attempt<T> = { readonly value: T } | { readonly failure: string }

/** A deadline or an abort is no statement about the sample, and goes on as it is. */
async function attempt<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() }
  } catch (error) {
    if (ReloadError.is(error) && (error.code === 'STEP_TIMEOUT' || error.code === 'ABORTED')) throw error
    return { failure: describeThrown(ReloadError.is(error) && error.cause !== undefined ? error.cause : error) }
  }
}
