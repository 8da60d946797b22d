import { closeAside, synchronous, type StepContext } from '@uni/reload-core'
import { attempt } from './attempt.js'
import type { IndexKindProvider, IndexSample } from './contract.js'
import { assertBatch, assertQueries, nameOf } from './shape.js'

/** Something by which the new version was not judged, for a reason that lies with the old version or the host. */
export interface Unjudged {
  /** Such as `samples[3]`. */
  readonly path: string
  readonly reason: string
}

/** A sample, and its place in the list. */
export interface Listed {
  readonly nth: number
  readonly sample: IndexSample
}

/**
 * The first `limit` samples that a version lists. If the list fails or never ends, that is `unjudged`: it tells nothing
 * about the next version.
 */
export async function* samplesOf(
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
    // A list that is not read to its end may hold something open, so it is told to return.
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

/** The place in the list, as a verdict names it. */
export function pathOf(nth: number): string {
  return `samples[${nth}]`
}
