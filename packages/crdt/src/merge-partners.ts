import type { Ways } from './copies.js'

/** Up to this number of a version's own states, every two are merged; each further one with the one before it. */
const MERGED_PAIRWISE = 6

export interface LivePartner<T> {
  readonly partner: T
  /** Whether the two are also merged as if a replica on each version had written one. */
  readonly mixed: boolean
  readonly ways: Ways
}

/** Chooses the partners of each merge. Keeps only those that are still needed, as documents may be large. */
export class MergePartners<T> {
  #earlier: readonly T[] = []
  #own = 0
  #lastOwn: T | undefined
  #live = 0
  #firstLive: T | undefined

  /** For the empty state and the samples, which are small and show how the kind resolves conflicts. */
  ofOwn(state: T): readonly T[] {
    const partners = this.#earlier
    this.#own += 1
    this.#earlier = this.#own < MERGED_PAIRWISE ? [...partners, state] : [state]
    this.#lastOwn = state
    return partners
  }

  /**
   * For a live document, once all own states are known. The last sample stands for the edits of a replica, and is
   * merged into it. The first two live documents are merged with one another, as their content may have conflicts that
   * no sample has; further ones are not, as each may be large and unrelated documents show little. Without samples, the
   * first two stand for replicas, too.
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
