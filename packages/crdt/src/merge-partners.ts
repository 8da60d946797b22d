/** Up to here every two of a version's own states are merged; from here on each with the one before it. */
const MERGED_PAIRWISE = 6

export interface LivePartner<T> {
  readonly partner: T
  /** Whether replicas on both versions are tried with this partner. */
  readonly mixed: boolean
}

/** Chooses what a state is merged with. Keeps only what is still needed, since documents may be large. */
export class MergePartners<T> {
  #earlier: readonly T[] = []
  #own = 0
  #lastOwn: T | undefined
  #lastLive: T | undefined

  /** For the empty state and the samples: they are small, and show how the kind settles conflicts. */
  ofOwn(state: T): readonly T[] {
    const partners = this.#earlier
    this.#own += 1
    this.#earlier = this.#own < MERGED_PAIRWISE ? [...partners, state] : [state]
    this.#lastOwn = state
    return partners
  }

  /**
   * For a live document, once all of the own states are known. The last sample stands for what a replica brings; the live
   * document before it for conflicts of a content that no sample has. Where there are no samples, it stands for both.
   */
  ofLive(state: T): readonly LivePartner<T>[] {
    const partners: LivePartner<T>[] = []
    if (this.#lastOwn !== undefined) partners.push({ partner: this.#lastOwn, mixed: true })
    if (this.#lastLive !== undefined) partners.push({ partner: this.#lastLive, mixed: this.#own === 1 })
    this.#earlier = []
    this.#lastLive = state
    return partners
  }
}
