import { isPrimitive, readNode, type Node } from './plain-value.js'

/** How many parts are read before the work yields. */
const STRIDE = 256
/** How much of either end of a long text, or of many bytes, goes into the fingerprint. */
const ENDS = 64

/** One object whose parts are being read. */
interface Frame {
  readonly object: object
  /** The place of the object in its parent, whatever its content. */
  readonly salt: number
  readonly parts: Iterator<readonly [salt: number, part: unknown]>
  sum: number
  /** Whether a part of the object leads back to it, or into another cycle. */
  cyclic: boolean
}

interface Known {
  readonly hash: number
  readonly cyclic: boolean
}

/** The hash of every object that leads into a cycle. */
const CYCLIC = 0x5bd1e995
/** The hash of an object while its parts are read: whatever leads back to it is part of a cycle. */
const PENDING: Known = { hash: CYCLIC, cyclic: true }

/**
 * Numbers with which equal values are found without comparing every two: equal values have the same number, others
 * nearly always another. A difference that `compare` ignores makes no difference here.
 */
export class Fingerprints {
  readonly #known = new Map<object, Known>()

  #enter(object: object, salt: number): Frame {
    this.#known.set(object, PENDING)
    const node = readNode(object)
    return { object, salt, parts: partsOf(node), sum: ofKind(node), cyclic: false }
  }

  *of(value: unknown): Generator<undefined, number> {
    if (isPrimitive(value)) return ofPrimitive(value)
    const known = this.#known.get(value as object)
    if (known) return known.hash
    const path: Frame[] = [this.#enter(value as object, 0)]
    for (let steps = 1; ; steps += 1) {
      if (steps % STRIDE === 0) yield
      const frame = path.at(-1) as Frame
      const next = frame.parts.next()
      if (next.done === true) {
        path.pop()
        const found = { hash: frame.sum, cyclic: frame.cyclic }
        this.#known.set(frame.object, found)
        const parent = path.at(-1)
        if (parent === undefined) return found.hash
        add(parent, frame.salt, found)
        continue
      }
      const [salt, part] = next.value
      if (isPrimitive(part) || typeof part === 'function' || typeof part === 'symbol') {
        frame.sum = (frame.sum + mix(salt, ofPrimitive(part))) | 0
        continue
      }
      const seen = this.#known.get(part as object)
      if (seen === undefined) path.push(this.#enter(part as object, salt))
      else add(frame, salt, seen)
    }
  }
}

/**
 * Adds a part. A part that leads into a cycle counts as {@link CYCLIC}, whatever it holds, as two equal values may
 * enter the same cycle at different objects.
 */
function add(frame: Frame, salt: number, { hash, cyclic }: Known): void {
  if (cyclic) frame.cyclic = true
  frame.sum = (frame.sum + mix(salt, cyclic ? CYCLIC : hash)) | 0
}

function* partsOf(node: Node): Generator<readonly [salt: number, part: unknown]> {
  if (node.kind === 'array') for (let i = 0; i < node.items.length; i += 1) yield [i + 1, node.items[i]]
  if (node.kind === 'set') for (const member of node.set) yield [1, member]
  if (node.kind === 'object') for (const name of Object.keys(node.fields)) yield [ofText(name), node.fields[name]]
  if (node.kind === 'map') {
    for (const [key, item] of node.map) {
      yield [2, key]
      yield [isPrimitive(key) ? ofPrimitive(key) : 3, item]
    }
  }
  if ('extra' in node && node.extra) for (const name of Object.keys(node.extra)) yield [ofText(name), node.extra[name]]
}

function ofKind(node: Node): number {
  switch (node.kind) {
    case 'primitive':
      return ofPrimitive(node.value)
    case 'date':
      return mix(11, ofPrimitive(node.time))
    case 'binary':
      return mix(ofText(node.type), ofItems(node.items))
    case 'array':
      return mix(12, node.items.length)
    case 'map':
      return mix(13, node.map.size)
    case 'set':
      return mix(14, node.set.size)
    case 'object':
      return 15
    case 'opaque':
      return 16
  }
}

function ofPrimitive(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return ofText(value)
    case 'number':
      return ofNumber(value)
    case 'bigint':
      return mix(21, Number(BigInt.asIntN(32, value)))
    case 'boolean':
      return value ? 22 : 23
    case 'undefined':
      return 24
    default:
      return value === null ? 25 : 26
  }
}

const FLOAT = new Float64Array(1)
const WORDS = new Int32Array(FLOAT.buffer)

function ofNumber(value: number): number {
  // As in `compare`, -0 equals 0, and every NaN the same NaN.
  FLOAT[0] = Number.isNaN(value) ? Number.NaN : value + 0
  return mix(WORDS[0] as number, WORDS[1] as number)
}

function ofText(text: string): number {
  let hash = text.length
  for (const part of text.length > 2 * ENDS ? [text.slice(0, ENDS), text.slice(-ENDS)] : [text]) {
    for (let i = 0; i < part.length; i += 1) hash = mix(hash, part.charCodeAt(i))
  }
  return hash
}

function ofItems(items: ArrayLike<number | bigint>): number {
  let hash = items.length
  for (let i = 0; i < items.length; i += 1) {
    if (i === ENDS && items.length > 2 * ENDS) i = items.length - ENDS
    hash = mix(hash, ofPrimitive(items[i]))
  }
  return hash
}

/** MurmurHash3's step for one word (Appleby, public domain). */
function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51)
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}
