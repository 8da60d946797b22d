import type { Ways } from './copies.js'

/** Up to here every two of a version's own states are merged; from here on each with the one before it. */
const MERGED_PAIRWISE = 6

export interface LivePartner<T> {
  readonly partner: T
  /** Whether replicas on both versions are tried with this partner. */
  readonly mixed: boolean
  readonly ways: Ways
}

/** Chooses what a state is merged with. Keeps only what is still needed, since documents may be large. */
export class MergePartners<T> {
  #earlier: readonly T[] = []
  #own = 0
  #lastOwn: T | undefined
  #live = 0
  #firstLive: T | undefined

  /** For the empty state and the samples: they are small, and show how the kind settles conflicts. */
  ofOwn(state: T): readonly T[] {
    const partners = this.#earlier
    this.#own += 1
    this.#earlier = this.#own < MERGED_PAIRWISE ? [...partners, state] : [state]
    this.#lastOwn = state
    return partners
  }

  /**
   * For a live document, once all of the own states are known. The last sample stands for what a replica brings, and is
   * merged into it. The first two live documents are merged with one another, for conflicts of a content that no sample
   * has: no more of them, as each may be large, and documents that meet nowhere else have little to say of it. Where
   * there are no samples, the two stand for replicas as well.
   */
  ofLive(state: T): readonly LivePartner<T>[] {
    const partners: LivePartner<T>[] = []
    if (this.#lastOwn !== undefined) partners.push({ partner: this.#lastOwn, mixed: true, ways: 'one' })
    if (this.#firstLive !== undefined) partners.push({ partner: this.#firstLive, mixed: this.#own === 1, ways: 'both' })
    this.#earlier = []
    this.#live += 1
    this.#firstLive = this.#live === 1 ? state : undefined
    return partners
  }
}
