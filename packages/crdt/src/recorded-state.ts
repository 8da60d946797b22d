import type { LiveSample } from '@uni/reload-core'
import { copyOf } from './copy.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { nameOf } from './plain-value.js'
import type { Probe } from './probe.js'
import { asState, closeQuietly, emptyState, persistedBytes, valueOf } from './state.js'

/** A document as it stood: its bytes and what they meant to the version that wrote them. Refers to nothing of a plugin. */
export interface RecordedState {
  /** What a person calls it: `the empty state`, `sample 3`, `live document "notes"`. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly value: unknown
}

/** Whose state something is, in words. */
export type Version = 'the old version' | 'the new version'

/** Records the empty state and the samples of `provider`, at most `limit` of them. Closes each. */
export async function * recordOwn(provider: CrdtKindProvider, version: Version, limit: number, probe: Probe): AsyncGenerator<RecordedState> {
  const of = version === 'the new version' ? ` of ${version}` : ''
  yield await record(`the empty state${of}`, () => emptyState(provider), probe)
  if (provider.samples === undefined || limit === 0) return
  const samples = await probe.ask('samples', 'samples', `listing the samples of ${version}`, () => iterate(provider.samples?.()))
  try {
    for (let i = 1; i <= limit; i += 1) {
      const name = `sample ${i}${of}`
      const next = await probe.ask('samples', name, `making ${name}`, () => samples.next())
      if (next.done === true) return
      yield await record(name, () => asState(next.value, 'samples()'), probe)
    }
  } finally {
    samples.return?.()
  }
}

/** Records live documents, each between two of its writes, at most `limit` of them. Changes none. */
export async function * recordLive(live: readonly LiveSample<CrdtState>[], limit: number, probe: Probe): AsyncGenerator<RecordedState> {
  for (const sample of live.slice(0, limit)) {
    const name = `live document ${JSON.stringify(sample.name)}`
    yield await probe.ask('read', name, `reading ${name}`, () => sample.use((state) => read(name, state)))
  }
}

async function record(name: string, make: () => CrdtState, probe: Probe): Promise<RecordedState> {
  return probe.ask('persist', name, `recording ${name}`, async () => {
    const state = make()
    try {
      return read(name, state)
    } finally {
      await closeQuietly(state)
    }
  })
}

function read(name: string, state: CrdtState): RecordedState {
  return { name, bytes: persistedBytes(state), value: copyOf(valueOf(state)) }
}

function iterate(samples: Iterable<CrdtState> | undefined): Iterator<CrdtState> {
  if (typeof samples?.[Symbol.iterator] !== 'function') throw new TypeError(`samples() gave ${nameOf(samples)}; expected an iterable of states`)
  return Array.isArray(samples) ? closingRest(samples as readonly CrdtState[]) : samples[Symbol.iterator]()
}

/** An array has made all of its states, so those that are not asked for are closed too. */
function closingRest(samples: readonly CrdtState[]): Iterator<CrdtState> {
  const rest = samples.values()
  return {
    next: () => rest.next(),
    return() {
      for (const sample of rest) void closeQuietly(sample)
      return { done: true, value: undefined }
    },
  }
}
