import {
  closeAside,
  describeThrown,
  ReloadError,
  synchronous,
  type CompatVerdict,
  type MaybePromise,
  type ProviderPair,
  type ReloadErrorCode,
  type StepContext,
} from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import { buildIndex } from './build-index.js'
import { DEFAULT_K, type Questions } from './canary.js'
import type { IndexHandle, IndexKindProvider, IndexSample } from './contract.js'
import type { HeldImage } from './image/held-image.js'
import { differenceIn, meaningOf, type Meaning } from './meaning.js'
import { assertBatch, assertQueries, nameOf } from './shape.js'
import type { ImageSpool } from './spool.js'
import { openIndex, persistIndex } from './steps.js'

export interface SamplesOptions {
  readonly checkSchema: boolean
  readonly sampleLimit: number
  readonly redact: boolean
  /** Whether live indexes will be asked a canary. */
  readonly canary: boolean
  /** Told where samples have shown what the new version means. */
  shown(next: IndexKindProvider): void
  readonly spool: ImageSpool | undefined
}

/** Something that the new version could not be held to, for a reason that lies with the old one or the host. */
export interface Unjudged {
  /** Such as `samples[3]`. */
  readonly path: string
  readonly reason: string
}

/** A verdict that goes ahead, with what it could not be based on. `unjudged` is absent where everything was judged. */
export type IndexVerdict = CompatVerdict & { readonly unjudged?: readonly Unjudged[] }

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
export async function judgeSamples(pair: Pair, ctx: StepContext, options: SamplesOptions): Promise<IndexVerdict> {
  const unjudged: Unjudged[] = []
  // The version that served before is not held to what the one after it can do besides: that would leave no way back.
  if (pair.transition.direction === 'back') {
    return verdictOf(
      false,
      [
        {
          path: 'samples',
          reason: 'a reload is taken back, and the version before is not held to samples of the one after',
        },
      ],
      pair,
      options,
    )
  }
  let shown = false
  const slices = ctx.slices()
  for await (const { nth, sample } of samplesOf(pair.old, options.sampleLimit, unjudged, ctx)) {
    for (const judged of casesOf(nth, sample)) {
      const verdict = await judgeSample(judged, pair, ctx, options)
      if ('unjudged' in verdict) unjudged.push({ path: pathOf(nth), reason: `${judged.name}: ${verdict.unjudged}` })
      else if (verdict.level === 'incompatible') return verdict
      else shown ||= verdict.found
      if (slices.due()) await slices.pause()
    }
  }
  if (shown) options.shown(pair.next)
  return verdictOf(shown, unjudged, pair, options)
}

/** @param shown whether the answer to any sample has rows: without one, only schemas were compared. */
function verdictOf(
  shown: boolean,
  unjudged: readonly Unjudged[],
  { live }: Pair,
  { canary }: SamplesOptions,
): IndexVerdict {
  const more = unjudged.length > 0 && { unjudged }
  if (shown || (canary && live.length > 0)) return { level: 'compatible', ...more }
  const reason =
    live.length > 0
      ? 'and there is no canary: of live indexes only the schema is compared'
      : 'and no live index was asked a canary: nothing was compared'
  return {
    level: 'unjudged',
    reason:
      `no sample of the old version finds anything, ${reason}. Give the kind ` +
      'samples(), or indexHandoff() a canary',
    ...more,
  }
}

interface Listed {
  readonly nth: number
  readonly sample: IndexSample
}

/**
 * The first `limit` samples that a version lists. What keeps it from listing more says nothing about the next version.
 */
async function* samplesOf(
  provider: IndexKindProvider,
  limit: number,
  unjudged: Unjudged[],
  ctx: StepContext,
): AsyncGenerator<Listed> {
  const listing = await attempt(() => ctx.call('samples', () => iteratorOf(provider)))
  if ('failure' in listing) {
    unjudged.push({ path: 'samples', reason: `the old version fails to list its samples: ${listing.failure}` })
    return
  }
  const samples = listing.value
  let listed = false
  try {
    for (let nth = 0; ; nth += 1) {
      const path = pathOf(nth)
      const next = await attempt(() => ctx.call('samples', () => synchronous(samples.next(), 'samples()', LISTS)))
      if ('failure' in next) {
        listed = true
        unjudged.push({ path, reason: `the old version fails to list its samples: ${next.failure}` })
        return
      }
      listed = next.value.done === true
      if (listed) return
      if (nth === limit) {
        unjudged.push({ path, reason: `only the first ${limit} samples are judged` })
        return
      }
      const sample = await attempt(async () => asSample(next.value.value, path))
      if ('failure' in sample) unjudged.push({ path, reason: sample.failure })
      else yield { nth, sample: sample.value }
    }
  } finally {
    // A list that is left before its end may hold something open, whatever it was left for.
    if (!listed)
      await closeAside(ctx, async () => {
        await samples.return?.()
      })
  }
}

const LISTS = 'it lists what it has'

function iteratorOf(provider: IndexKindProvider): Iterator<unknown> {
  const samples: unknown = synchronous(provider.samples?.() ?? [], 'samples()', LISTS)
  const iterate = (samples as Partial<Iterable<unknown>>)[Symbol.iterator]
  if (typeof iterate !== 'function') {
    throw new TypeError(`samples() gave ${nameOf(samples)}. Expected an iterable of samples`)
  }
  return iterate.call(samples)
}

function asSample(given: unknown, path: string): IndexSample {
  const sample = synchronous(given, path, 'samples are made by then') as Partial<IndexSample> | undefined
  assertBatch(sample?.source, `the source of ${path}`)
  assertQueries(sample?.queries, `the queries of ${path}`, 'query')
  return sample as IndexSample
}

function pathOf(nth: number): string {
  return `samples[${nth}]`
}

function* casesOf(nth: number, { source, queries, k = DEFAULT_K }: IndexSample): Generator<Case> {
  const questions = { queries, k }
  yield { name: `sample ${nth}`, source, questions }
  if (source.numRows > 0) yield { name: `sample ${nth} without rows`, source: source.slice(0, 0), questions }
}

async function judgeSample(
  sample: Case,
  { key, old, next }: Pair,
  ctx: StepContext,
  options: SamplesOptions,
): Promise<SampleVerdict> {
  const { name, source, questions } = sample
  const target = { key, name }
  const undo: { readonly claimed?: IndexHandle; close(): MaybePromise<void> }[] = []

  const persistOld = async (): Promise<{ meant: Meaning; image: HeldImage }> => {
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
  const judgeNext = async ({ meant, image }: { meant: Meaning; image: HeldImage }): Promise<Judged> => {
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
    // A sample that the old version itself cannot handle says nothing about the new one.
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

/** What came of one sample. */
type SampleVerdict = Judged | { readonly unjudged: string }
type Judged =
  /** Whether an answer has rows. */
  | { readonly level: 'compatible'; readonly found: boolean }
  | { readonly level: 'incompatible'; readonly reason: string; readonly details: unknown }

type Attempt<T> = { readonly value: T } | { readonly failure: string }

/** A deadline, an abort, or an index that serves is no statement about the sample, and goes on as it is. */
const THROUGH: ReadonlySet<ReloadErrorCode> = new Set(['STEP_TIMEOUT', 'ABORTED', 'DUPLICATE'])

async function attempt<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() }
  } catch (error) {
    if (ReloadError.is(error) && THROUGH.has(error.code)) throw error
    return { failure: describeThrown(ReloadError.is(error) && error.cause !== undefined ? error.cause : error) }
  }
}
