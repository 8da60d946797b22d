import { synchronous } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtSample } from './contract.js'
import { nameOf } from './plain-value.js'
import { closeQuietly } from './state.js'

/** @throws TypeError where `samples()` gives nothing that can be gone through. */
export function samplesOf(provider: CrdtKindProvider): Iterator<CrdtSample> {
  const samples = synchronous(provider.samples?.(), 'samples()', 'it lists what it has')
  if (typeof samples?.[Symbol.iterator] !== 'function') throw new TypeError(`samples() gave ${nameOf(samples)}; expected an iterable of states`)
  return Array.isArray(samples) ? closingRest(samples as readonly CrdtSample[]) : samples[Symbol.iterator]()
}

/** An array has made all of its states, so those that are not asked for are closed too. */
function closingRest(samples: readonly CrdtSample[]): Iterator<CrdtSample> {
  const rest = samples.values()
  return {
    next: () => rest.next(),
    return() {
      for (const sample of rest) void closeQuietly(sample)
      return { done: true, value: undefined }
    },
  }
}
