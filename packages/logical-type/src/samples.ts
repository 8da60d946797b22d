import { describeThrown } from '@uni/reload-core'
import type { LogicalTypeProvider } from './contract.js'
import type { Unjudged } from './evidence.js'
import { settled } from './settled.js'

/** How many of the old version's samples a new one is held to, where the host does not say. */
export const SAMPLE_LIMIT = 256

/** The first `limit` literals a version declares, each once, and what kept it from declaring more. */
export function readSamples(provider: LogicalTypeProvider, limit: number): { literals: Iterable<string>; unjudged: Unjudged[] } {
  const literals = new Set<string>()
  const unjudged: Unjudged[] = []
  let read = 0
  try {
    for (const literal of settled(provider.samples?.(), 'samples') ?? []) {
      if (read === limit) {
        unjudged.push({ path: `samples[${read}]`, reason: `only the first ${limit} samples are judged` })
        break
      }
      if (typeof literal === 'string') literals.add(literal)
      else unjudged.push({ path: `samples[${read}]`, reason: `it is a value of type ${typeof literal}, expected a string` })
      read += 1
    }
  } catch (error) {
    unjudged.push({ path: 'samples', reason: `the old version fails to list its samples: ${describeThrown(error)}` })
  }
  return { literals, unjudged }
}
