/**
 * What every version embeds in: an image keeps vectors, so that no version may embed otherwise than the one before it.
 */
export const DIMENSIONS = 64

const WORDS = /[\p{L}\p{N}]+/gu

/**
 * Embeds a text by itself, without a model: counts the character trigrams of its words in `DIMENSIONS` buckets, each
 * with a sign, so that what meets in a bucket by chance cancels out (Weinberger et al., "Feature Hashing for Large
 * Scale Multitask Learning", ICML 2009). Of length 1, or all zeros where a text has no word.
 */
export function embed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS)
  for (const word of text.normalize('NFKC').toLowerCase().match(WORDS) ?? []) {
    const marked = `^${word}$`
    for (let at = 0; at + 3 <= marked.length; at += 1) {
      const hash = hashOf(marked, at, at + 3)
      const bucket = hash % DIMENSIONS
      vector[bucket] = (vector[bucket] as number) + (hash >>> 31 === 1 ? 1 : -1)
    }
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return length === 0 ? vector : vector.map((value) => value / length)
}

/** FNV-1a, by UTF-16 code units. */
function hashOf(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
