import { copyOf } from './copy.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import type { Probe } from './probe.js'
import type { RecordedState, Version } from './recorded-state.js'
import { closeQuietly, mergeInto, openState, valueOf } from './state.js'

/** The copies of documents that one check opens. Each is closed once, when the check is over. */
export class Copies implements AsyncDisposable {
  readonly #probe: Probe
  readonly #opened = new Set<CrdtState>()

  constructor(probe: Probe) {
    this.#probe = probe
  }

  /** @param doing what opening it is for; said where it fails. */
  async open(provider: CrdtKindProvider, state: RecordedState, doing: string, bytes = state.bytes): Promise<CrdtState> {
    const opened = await this.#probe.ask('fromPersisted', state.name, doing, () => openState(provider, bytes), { discard: closeQuietly })
    this.#opened.add(opened)
    return opened
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const state of this.#opened) await closeQuietly(state)
  }
}

/** What a version makes of two documents: the value of left with right merged into it, then of right with that. */
export type MergedValues = readonly [leftWithRight: unknown, rightWithBoth: unknown]

/** Merges copies of two documents into one another, so that a merge that favours its own side shows. */
export async function mergeCopies(
  provider: CrdtKindProvider, left: RecordedState, right: RecordedState, version: Version, probe: Probe,
): Promise<MergedValues> {
  await using copies = new Copies(probe)
  const both = `${left.name} and ${right.name}`
  const doing = `merging ${both} with ${version}`
  const a = await copies.open(provider, left, doing)
  const b = await copies.open(provider, right, doing)
  const merge = (into: CrdtState, from: CrdtState): Promise<unknown> => probe.ask('merge', both, doing, () => {
    mergeInto(into, from)
    return copyOf(valueOf(into))
  })
  return [await merge(a, b), await merge(b, a)]
}

/** Up to here every two states are merged; from here on each with the one before it. */
const MERGED_PAIRWISE = 6

/** Chooses what a state is merged with. Keeps only what is still needed, since documents may be large. */
export class MergePartners {
  #earlier: readonly RecordedState[] = []
  #count = 0

  of(state: RecordedState): readonly RecordedState[] {
    const partners = this.#earlier
    this.#count += 1
    this.#earlier = this.#count < MERGED_PAIRWISE ? [...partners, state] : [state]
    return partners
  }
}
