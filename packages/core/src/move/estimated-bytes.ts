/** Bytes that each value counts, besides its content. */
const SMALL = 16
/** Bytes that V8 takes for a view or a buffer, besides its content. */
const VIEW = 128
/**
 * Bytes that the `Data` of an Arrow column takes, besides its buffers: four views, their buffers, and a type. It was
 * measured, with Arrow 21 on Node 20.
 */
const COLUMN = 1_400
/** How many values inside one write are looked at, at most; the rest are extrapolated. */
const LOOKS = 64
/** How many elements of an array, a Map or a Set are looked at, at most. */
const SAMPLE = 8

/**
 * Estimates the bytes of memory that `value` occupies, at a cost that does not grow with it. Whatever has a
 * `byteLength`, such as a buffer, counts that; a string counts its length. What has a `byteLength` and is no buffer
 * counts as a column of Arrow, with the columns that are its `children`. Of the members of a collection a sample is
 * looked at, and the others count as the average of the sample.
 */
export function estimatedBytes(value: unknown): number {
  try {
    return estimate(value, LOOKS)
  } catch {
    // A write may be a proxy, or have getters that throw.
    return SMALL
  }
}

function estimate(value: unknown, looks: number): number {
  if (typeof value === 'string') return SMALL + 2 * value.length
  if (typeof value !== 'object' || value === null) return SMALL
  const { byteLength } = value as { byteLength?: unknown }
  if (typeof byteLength === 'number' && byteLength >= 0) {
    const isBuffer = ArrayBuffer.isView(value) || value instanceof ArrayBuffer
    return byteLength + (isBuffer ? VIEW : columnsOf(value, looks) * COLUMN)
  }
  if (Array.isArray(value)) {
    return (
      SMALL +
      ofMembers(
        value.length,
        Math.min(looks, SAMPLE),
        looks,
        (nth, count) => value[Math.floor((nth * value.length) / count)],
      )
    )
  }
  if (value instanceof Map || value instanceof Set) {
    const members: Iterator<unknown> = value[Symbol.iterator]()
    return SMALL + ofMembers(value.size, Math.min(looks, SAMPLE), looks, () => members.next().value)
  }
  const keys = Object.keys(value)
  return SMALL + ofMembers(keys.length, looks, looks, (nth) => (value as Record<string, unknown>)[keys[nth] as string])
}

/** About how many columns there are in one, itself included. */
function columnsOf(column: object, looks: number): number {
  const { children } = column as { children?: unknown }
  if (!Array.isArray(children)) return 1
  const count = Math.min(children.length, looks, SAMPLE)
  if (count === 0) return 1 + children.length
  const looksEach = Math.floor((looks - count) / count)
  let sum = 0
  for (const child of children.slice(0, count)) sum += columnsOf(child as object, looksEach)
  return 1 + (sum * children.length) / count
}

function ofMembers(size: number, most: number, looks: number, member: (nth: number, count: number) => unknown): number {
  const count = Math.min(size, most)
  if (count === 0) return size * SMALL
  const looksEach = Math.floor((looks - count) / count)
  let sum = 0
  for (let nth = 0; nth < count; nth += 1) sum += estimate(member(nth, count), looksEach)
  return (sum * size) / count
}
