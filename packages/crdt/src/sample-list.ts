import { synchronous, type Opening } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtSample } from './contract.js'
import { nameOf } from './plain-value.js'
import { closeQuietly } from './state.js'

/** @throws TypeError where `samples()` returns nothing that can be iterated. */
export function samplesOf(provider: CrdtKindProvider, opening: Opening): Iterator<CrdtSample> {
  const samples = synchronous(provider.samples?.(), 'samples()', 'it lists what it has')
  if (typeof samples?.[Symbol.iterator] !== 'function')
    throw new TypeError(`samples() gave ${nameOf(samples)}; expected an iterable of states`)
  return Array.isArray(samples) ? closingRest(samples as readonly CrdtSample[], opening) : samples[Symbol.iterator]()
}

/** An array has all of its states open already, so those that are not asked for are closed, too. */
function closingRest(samples: readonly CrdtSample[], opening: Opening): Iterator<CrdtSample> {
  const rest = samples.values()
  return {
    next: () => rest.next(),
    return() {
      for (const sample of rest) void discardSample(sample, opening)
      return { done: true, value: undefined }
    },
  }
}

/** Closes a sample that nobody has read, unless it is a live document. */
async function discardSample(sample: CrdtSample, opening: Opening): Promise<void> {
  try {
    opening.claim(sample)
  } catch {
    return
  }
  await closeQuietly(sample)
  opening.letGo(sample)
}
