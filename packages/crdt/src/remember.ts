import type { StepContext } from '@uni/reload-core'
import { mergeOrSkip } from './judge-merge.js'
import type { CrdtKindProvider } from './contract.js'
import { MergePartners } from './merge-partners.js'
import { Probe } from './probe.js'
import { recordOwn, type RecordedState } from './recorded-state.js'
import type { Wording } from './show.js'
import { nameOfMerge, RememberedKind, withBytes } from './remembered-kind.js'

/** The states of a kind and their merges, without its code. */
export interface Recollection {
  /** The empty state first, then the samples, each followed by its state after its late operations. */
  readonly states: readonly RecordedState[]
  /** Values by the name of the merge. */
  readonly merges: ReadonlyMap<string, unknown>
}

/** @throws Refusal where the provider fails to give its own states. */
export async function recollect(
  provider: CrdtKindProvider,
  ctx: StepContext,
  sampleLimit: number,
  wording: Wording,
): Promise<Recollection> {
  const probe = new Probe(ctx, wording)
  const partners = new MergePartners<RecordedState>()
  const states: RecordedState[] = []
  const merges = new Map<string, unknown>()
  for await (const state of recordOwn(provider, 'the old version', sampleLimit, probe)) {
    states.push(state)
    for (const partner of partners.ofOwn(state)) {
      const values = await mergeOrSkip(provider, { left: partner, right: state, ways: 'both' }, probe)
      if (values === undefined) continue
      const left = withBytes(states, partner.bytes) ?? partner
      const right = withBytes(states, state.bytes) ?? state
      const merged = nameOfMerge(left.name, right.name)
      merges.set(merged, values[0]).set(nameOfMerge(right.name, merged), values[1])
    }
  }
  return { states, merges }
}

/** @throws Refusal where the provider fails to give its own states. */
export async function rememberKind(
  provider: CrdtKindProvider,
  ctx: StepContext,
  sampleLimit: number,
  wording: Wording,
): Promise<CrdtKindProvider> {
  const { states, merges } = await recollect(provider, ctx, sampleLimit, wording)
  return new RememberedKind(provider.kind, states, merges)
}
