import { synchronous, type LiveSample, type Opening } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtSample, CrdtState } from './contract.js'
import type { Probe } from './probe.js'
import { samplesOf } from './sample-list.js'
import { applyTo, asState, closeQuietly, emptyState, lateOps, persistedBytes, valueOf } from './state.js'

/**
 * A document as it stood: its bytes and what they meant to the version that wrote them. Refers to nothing of a plugin.
 */
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

/**
 * Records the empty state and the samples of `provider`, at most `limit` of them, each followed by what it became.
 * Closes each.
 *
 * @param leftOut told where there are more.
 */
export async function* recordOwn(
  provider: CrdtKindProvider,
  version: Version,
  limit: number,
  probe: Probe,
  leftOut: (reason: string) => void = () => {},
): AsyncGenerator<RecordedState> {
  const of = version === 'the new version' ? ` of ${version}` : ''
  const empty = `the empty state${of}`
  yield await record(
    empty,
    await probe.ask('samples', empty, `recording ${empty}`, () => emptyState(provider, probe), {
      discard: closeQuietly,
    }),
    probe,
  )
  if (provider.samples === undefined || limit === 0) return
  const samples = await probe.ask('samples', 'samples', `listing the samples of ${version}`, () =>
    samplesOf(provider, probe),
  )
  try {
    for (let i = 1; ; i += 1) {
      const name = `sample ${i}${of}`
      const sample = await probe.ask('samples', name, `making ${name}`, () => nextOf(samples, probe), {
        discard: (late) => late && closeQuietly(late),
      })
      if (sample === undefined) return
      if (i > limit) {
        await probe.close(sample)
        leftOut(`only the first ${limit} samples${of} are looked at`)
        return
      }
      const state = await record(name, sample, probe)
      yield state
      if (state.late) yield state.late.becomes
    }
  } finally {
    await probe.end(samples)
  }
}

/**
 * Records a live document between two of its writes, and changes it not. Its bytes and its value are read in one go: it
 * is a point in time.
 */
export function recordLive(sample: LiveSample<CrdtState>, probe: Probe): Promise<RecordedState> {
  const name = `live document ${JSON.stringify(sample.name)}`
  return probe.ask('read', name, `reading ${name}`, () =>
    sample.use((state) => ({ name, bytes: persistedBytes(state), value: probe.valueNow(state) })),
  )
}

/** The next sample. `undefined`: there is no more. */
function nextOf(samples: Iterator<CrdtSample>, opening: Opening): CrdtSample | undefined {
  const { done, value } = synchronous(samples.next(), 'samples()', LISTS)
  if (done !== true) return asState(synchronous(value, 'samples()', LISTS), 'samples()', opening)
}

const LISTS = 'it lists what it has'

/** Closes `state`, whatever happens. */
async function record(name: string, state: CrdtSample, probe: Probe): Promise<RecordedState> {
  const doing = `recording ${name}`
  const persisted = async (called: string): Promise<RecordedState> => ({
    name: called,
    bytes: await probe.ask('persist', name, doing, () => persistedBytes(state)),
    value: await probe.ask('value', name, doing, () => probe.copy(valueOf(state))),
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
