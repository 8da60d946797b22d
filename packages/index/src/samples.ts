import type { CompatVerdict, StepContext } from '@uni/reload-core'
import type { IndexKindProvider } from './contract.js'
import { casesOf, judgeSample, type JudgeSampleOptions, type Pair } from './judge-sample.js'
import { pathOf, samplesOf, type Unjudged } from './sample-list.js'

export interface SamplesOptions extends JudgeSampleOptions {
  readonly sampleLimit: number
  /** Whether the canary is asked of live indexes. */
  readonly canary: boolean
  /** Called with a new version that has answered samples as the old one did. */
  shown(next: IndexKindProvider): void
}

/** A verdict that lets the reload go ahead. `unjudged` is absent where everything was judged. */
export type IndexVerdict = CompatVerdict & { readonly unjudged?: readonly Unjudged[] | undefined }

/**
 * Judges the new version by the samples of the old one (I6): the old provider builds and persists each, and the new one
 * opens it and has to answer its queries as before. The same is done without the rows of the sample, which is the empty
 * index. Without samples there is nothing to judge here: each live index is judged by its own image before the commit.
 */
export async function judgeSamples(pair: Pair, ctx: StepContext, options: SamplesOptions): Promise<IndexVerdict> {
  const unjudged: Unjudged[] = []
  // A reload can always be taken back: the version before is not judged by what only its successor can do.
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

/** @param shown whether an answer to a sample has rows; if none has, only schemas were compared. */
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
