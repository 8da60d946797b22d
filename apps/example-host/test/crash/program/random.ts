/**
 * Marsaglia's xorshift (2003), so that a life can be lived again by its seed. Numbers from 0 up to, and without,
 * `below`.
 */
export function randomOf(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
