import type { MaybePromise, ProviderPair } from '@uni/reload-core'
import type { CrdtCheck } from './advice.js'
import { mergeCopies, type Merged, type Pairing, type Written } from './copies.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import type { Difference } from './difference.js'
import { MergePartners } from './merge-partners.js'
import { Refusal, refuse, type Probe } from './probe.js'
import type { RecordedState } from './recorded-state.js'
import type { SpareCopies } from './spare-copies.js'
import type { WayBack } from './way-back.js'

/** A document that was judged, and the bytes that the new version writes of it, where those differ. */
export interface JudgedState {
  readonly state: RecordedState
  readonly rewritten: Written | undefined
}

/**
 * Judges the new version by merges of two documents: it has to merge them as the old version does, also when one of
 * them was written by the new version.
 */
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

  /**
   * Merges one of the old version's own states with earlier ones.
   *
   * @throws Refusal at the first value that differs.
   */
  async judgeOwn(right: JudgedState): Promise<void> {
    for (const left of this.#partners.ofOwn(right)) {
      const expected = await this.#judgeMerge({ left: left.state, right: right.state, ways: 'both' })
      if (expected && left.rewritten) {
        await this.#judgeMixed(expected, { left: left.rewritten, right: right.state, ways: 'both' })
      }
      if (expected && right.rewritten) {
        await this.#judgeMixed(expected, { left: left.state, right: right.rewritten, ways: 'both' })
      }
    }
  }

  /**
   * Merges a live document with few others, as it may be large.
   *
   * @param spares copies of it that may be merged into.
   * @throws Refusal at the first value that differs.
   */
  async judgeLive(live: JudgedState, spares: SpareCopies): Promise<void> {
    const { state, rewritten } = live
    for (const { partner, mixed, ways } of this.#partners.ofLive(live)) {
      const expected = await this.#judgeMerge({ left: state, right: partner.state, ways }, spares)
      if (expected && mixed && rewritten) {
        await this.#judgeMixed(expected, { left: rewritten, right: partner.state, ways }, spares)
      }
    }
  }

  /** @returns the values that the old version makes of the two, or `undefined` where it cannot merge them. */
  async #judgeMerge(pairing: Pairing, spares?: SpareCopies): Promise<Merged<unknown> | undefined> {
    const { old, next } = this.#pair
    const expected = await mergeOrSkip(old, pairing, this.#probe, spares)
    if (expected === undefined) return undefined
    hold(
      'merge',
      await mergeCopies(next, pairing, 'the new version', this.#probe, this.#comparedTo(expected), spares),
      pairing,
      'merge differently with the new version',
    )
    return expected
  }

  /**
   * As with one replica on each version: one document as the old version wrote it, one as the new. Both versions have
   * to merge them.
   */
  async #judgeMixed(expected: Merged<unknown>, pairing: Pairing, spares?: SpareCopies): Promise<void> {
    const { old, next } = this.#pair
    const look = this.#comparedTo(expected)
    hold(
      'mixed-merge',
      await mergeCopies(next, pairing, 'the new version', this.#probe, look, spares),
      pairing,
      'merge differently with the new version',
    )
    const back = await this.#wayBack.take(() => mergeCopies(old, pairing, 'the old version', this.#probe, look, spares))
    if (back) hold('mixed-merge', back, pairing, 'merge differently with the old version')
  }

  #comparedTo(expected: Merged<unknown>): (value: unknown, merge: number) => MaybePromise<Difference | undefined> {
    return (value, merge) => this.#probe.compare(expected[merge], value)
  }
}

/** `undefined` where the old version cannot merge the two: then the new one need not, either. */
export async function mergeOrSkip(
  old: CrdtKindProvider,
  pairing: Pairing,
  probe: Probe,
  spares?: SpareCopies,
): Promise<Merged<unknown> | undefined> {
  try {
    return await mergeCopies(old, pairing, 'the old version', probe, (value) => probe.copy(value), spares)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function hold(
  check: CrdtCheck,
  differences: Merged<Difference | undefined>,
  { left, right }: Pairing,
  saying: string,
): void {
  const both = `${left.name} and ${right.name}`
  refuse(
    check,
    differences.find((difference) => difference !== undefined),
    both,
    `${both} ${saying}`,
  )
}
