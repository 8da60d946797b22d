import { describeThrown } from '@uni/reload-core'
import { attempt } from './attempt.js'
import type { LogicalTypeProvider } from './contract.js'
import type { Unjudged } from './evidence.js'
import { settled } from './settled.js'

/** The default of `sampleLimit`. */
export const SAMPLE_LIMIT = 256

/** The first `limit` literals that a version declares, without repetitions, and the reason why there are no more. */
export function readSamples(
  provider: LogicalTypeProvider,
  limit: number,
): { literals: Iterable<string>; unjudged: Unjudged[] } {
  const literals = new Set<string>()
  const unjudged: Unjudged[] = []
  let read = 0
  try {
    for (const given of settled<Iterable<unknown> | undefined>(provider.samples?.(), 'samples') ?? []) {
      if (read === limit) {
        unjudged.push({ path: `samples[${read}]`, reason: `only the first ${limit} samples are judged` })
        break
      }
      if (typeof given === 'string') literals.add(given)
      else unjudged.push({ path: `samples[${read}]`, reason: notALiteral(given) })
      read += 1
    }
  } catch (error) {
    unjudged.push({ path: 'samples', reason: `the old version fails to list its samples: ${describeThrown(error)}` })
  }
  return { literals, unjudged }
}

/** Why `given` is no literal. The rejection of a promise is handled. */
function notALiteral(given: unknown): string {
  const settling = attempt(() => settled(given, 'samples'))
  return 'throws' in settling ? settling.throws : `it is a value of type ${typeof given}, expected a string`
}
