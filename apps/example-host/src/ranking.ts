/** A document as an index answers with it. */
export interface Ranked {
  readonly id: string
  readonly score: number
}

/**
 * Best first, and in the order of their ids where scores are the same but for their last digits, which depend on what
 * was in an index before: two indexes of the same documents are to rank them alike.
 */
export function byRank(a: Ranked, b: Ranked): number {
  return Math.fround(b.score) - Math.fround(a.score) || (a.id < b.id ? -1 : 1)
}
