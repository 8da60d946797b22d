import { synchronous, type LiveSample, type Opening } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtSample, CrdtState } from './contract.js'
import type { Probe } from './probe.js'
import { samplesOf } from './sample-list.js'
import { applyTo, asState, closeQuietly, emptyState, lateOps, persistedBytes, valueOf } from './state.js'

/**
 * A document at one point in time: its bytes, and their value in the version that wrote them. Refers to nothing of a
 * plugin.
 */
export interface RecordedState {
  /** Its name in messages: `the empty state`, `sample 3`, `live document "notes"`. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly value: unknown
  /** The late operations, and the document after them. */
  readonly late?: { readonly ops: readonly Uint8Array[]; readonly becomes: RecordedState }
}

/** The owner of a state, in words. */
export type Version = 'the old version' | 'the new version'

/**
 * Records the empty state and at most `limit` samples of `provider`, each followed by its state after its late
 * operations. Closes each.
 *
 * @param leftOut called where there are more.
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
 * Records a live document between two of its writes, without a change. Its bytes and its value are read in one turn, so
 * they are of one point in time.
 */
export function recordLive(sample: LiveSample<CrdtState>, probe: Probe): Promise<RecordedState> {
  const name = `live document ${JSON.stringify(sample.name)}`
  return probe.ask('read', name, `reading ${name}`, () =>
    sample.use((state) => ({ name, bytes: persistedBytes(state), value: probe.valueNow(state) })),
  )
}

/** The next sample; `undefined` at the end. */
function nextOf(samples: Iterator<CrdtSample>, opening: Opening): CrdtSample | undefined {
  const { done, value } = synchronous(samples.next(), 'samples()', LISTS)
  if (done !== true) return asState(synchronous(value, 'samples()', LISTS), 'samples()', opening)
}

const LISTS = 'it lists what it has'

/** Records `state`, and closes it in any case. */
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
