import type { LiveSample } from '@uni/reload-core'
import { copyOf } from './copy.js'
import type { CrdtKindProvider, CrdtSample, CrdtState } from './contract.js'
import type { Probe } from './probe.js'
import { samplesOf } from './sample-list.js'
import { applyTo, asState, closeQuietly, emptyState, lateOps, persistedBytes, valueOf } from './state.js'

/** A document as it stood: its bytes and what they meant to the version that wrote them. Refers to nothing of a plugin. */
export interface RecordedState {
  /** What a person calls it: `the empty state`, `sample 3`, `live document "notes"`. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly value: unknown
  /** What was still to come to it, and what it became. */
  readonly late?: { readonly ops: readonly Uint8Array[]; readonly becomes: RecordedState }
}

/** Whose state something is, in words. */
export type Version = 'the old version' | 'the new version'

/** Records the empty state and the samples of `provider`, at most `limit` of them, each followed by what it became. Closes each. */
export async function * recordOwn(provider: CrdtKindProvider, version: Version, limit: number, probe: Probe): AsyncGenerator<RecordedState> {
  const of = version === 'the new version' ? ` of ${version}` : ''
  const empty = `the empty state${of}`
  yield await record(empty, await probe.ask('samples', empty, `recording ${empty}`, () => emptyState(provider), { discard: closeQuietly }), probe)
  if (provider.samples === undefined || limit === 0) return
  const samples = await probe.ask('samples', 'samples', `listing the samples of ${version}`, () => samplesOf(provider))
  try {
    for (let i = 1; i <= limit; i += 1) {
      const name = `sample ${i}${of}`
      const sample = await probe.ask('samples', name, `making ${name}`, () => nextOf(samples), { discard: (late) => late && closeQuietly(late) })
      if (sample === undefined) return
      const state = await record(name, sample, probe)
      yield state
      if (state.late) yield state.late.becomes
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

/** The next sample. `undefined`: there is no more. */
async function nextOf(samples: Iterator<CrdtSample>): Promise<CrdtSample | undefined> {
  const { done, value } = await samples.next()
  if (done !== true) return asState(value, 'samples()')
}

/** Closes `state`, whatever happens. */
async function record(name: string, state: CrdtSample, probe: Probe): Promise<RecordedState> {
  const doing = `recording ${name}`
  const persisted = async (called: string): Promise<RecordedState> => ({
    name: called,
    bytes: await probe.ask('persist', name, doing, () => persistedBytes(state)),
    value: await probe.ask('value', name, doing, () => copyOf(valueOf(state))),
  })
  try {
    const ops = await probe.ask('samples', name, doing, () => lateOps(state))
    const recorded = await persisted(name)
    if (ops.length === 0) return recorded
    for (const op of ops) await probe.ask('apply', name, doing, () => applyTo(state, op))
    return { ...recorded, late: { ops, becomes: await persisted(`${name} with its late operations`) } }
  } finally {
    await probe.close(state)
  }
}

/** In one go: it is a point in time. */
function read(name: string, state: CrdtState): RecordedState {
  return { name, bytes: persistedBytes(state), value: copyOf(valueOf(state)) }
}
