import type { ProviderPair } from '@uni/reload-core'
import type { CrdtCheck } from './advice.js'
import { copyOf } from './copy.js'
import { mergeCopies, type Merged, type Written } from './copies.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { differenceOf, type Difference } from './difference.js'
import { MergePartners } from './merge-partners.js'
import { Refusal, refuse, type Probe } from './probe.js'
import type { RecordedState } from './recorded-state.js'
import type { WayBack } from './way-back.js'

/** A document that was judged, and as the new version writes it, where that is something else. */
export interface JudgedState {
  readonly state: RecordedState
  readonly rewritten: Written | undefined
}

/** Holds the new version, and mixtures of the two, to what the old one makes of merging two documents. */
export class MergeJudge {
  readonly #pair: ProviderPair<CrdtKindProvider, CrdtState>
  readonly #probe: Probe
  readonly #wayBack: WayBack
  readonly #partners = new MergePartners<JudgedState>()

  constructor(pair: ProviderPair<CrdtKindProvider, CrdtState>, probe: Probe, wayBack: WayBack) {
    this.#pair = pair
    this.#probe = probe
    this.#wayBack = wayBack
  }

  /** Merges one of the old version's own states with those before it. @throws Refusal at the first value that differs. */
  async judgeOwn(right: JudgedState): Promise<void> {
    for (const left of this.#partners.ofOwn(right)) {
      const expected = await this.#judgeMerge(left.state, right.state)
      if (expected && left.rewritten) await this.#judgeMixed(expected, left.rewritten, right.state)
      if (expected && right.rewritten) await this.#judgeMixed(expected, left.state, right.rewritten)
    }
  }

  /** Merges a live document with few others: it may be large. @throws Refusal at the first value that differs. */
  async judgeLive(right: JudgedState): Promise<void> {
    for (const { partner, mixed } of this.#partners.ofLive(right)) {
      const expected = await this.#judgeMerge(partner.state, right.state)
      if (expected && mixed && right.rewritten) await this.#judgeMixed(expected, partner.state, right.rewritten)
    }
  }

  /** @returns what the old version makes of the two, or `undefined` where it cannot merge them. */
  async #judgeMerge(left: RecordedState, right: RecordedState): Promise<Merged<unknown> | undefined> {
    const { old, next } = this.#pair
    const expected = await mergeOrSkip(old, left, right, this.#probe)
    if (expected === undefined) return undefined
    hold('merge', await mergeCopies(next, left, right, 'the new version', this.#probe, comparedTo(expected)), left, right, 'merge differently with the new version')
    return expected
  }

  /** A replica on each version: one document as the old version wrote it, one as the new does. Each version merges them. */
  async #judgeMixed(expected: Merged<unknown>, left: Written, right: Written): Promise<void> {
    const { old, next } = this.#pair
    const compare = comparedTo(expected)
    hold('mixed-merge', await mergeCopies(next, left, right, 'the new version', this.#probe, compare), left, right, 'merge differently with the new version')
    const back = await this.#wayBack.take(() => mergeCopies(old, left, right, 'the old version', this.#probe, compare))
    if (back) hold('mixed-merge', back, left, right, 'merge differently with the old version')
  }
}

/** What the old version cannot merge is not held against the new one. */
export async function mergeOrSkip(old: CrdtKindProvider, left: Written, right: Written, probe: Probe): Promise<Merged<unknown> | undefined> {
  try {
    return await mergeCopies(old, left, right, 'the old version', probe, copyOf)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function comparedTo(expected: Merged<unknown>): (value: unknown, merge: 0 | 1) => Difference | undefined {
  return (value, merge) => differenceOf(expected[merge], value)
}

function hold(check: CrdtCheck, [first, second]: Merged<Difference | undefined>, left: Written, right: Written, saying: string): void {
  const both = `${left.name} and ${right.name}`
  refuse(check, first ?? second, both, `${both} ${saying}`)
}
