import { Fingerprints } from './fingerprint.js'
import { unreadable, type Path, type Segment } from './path.js'
import { isPrimitive, readNode, type Node } from './plain-value.js'
import type { Wording } from './show.js'

/** Two values that differ, and where they were found. */
export interface Pair {
  readonly before: unknown
  readonly after: unknown
  readonly at: Path | undefined
}
/** Two nodes of the same kind whose children are still to be compared. */
interface Opened {
  readonly left: Node
  readonly right: Node
  readonly at: Path | undefined
}

/** Compares two values found under `segment` of the pair that is being compared. */
type Meet = (before: unknown, after: unknown, segment: Segment) => Pair | undefined

/** In place of a value that only the other side has. */
export const NOTHING = Symbol('nothing')

/** Work that yields now and then. */
type Steps<T> = Generator<undefined, T>

/** How many parts are compared before the comparison yields. */
const STRIDE = 256

/** One comparison of two values by structure. `compare` says what counts as equal. */
export class Comparison {
  /** Pairs of objects that are equal or being compared: with them cycles end, and shared parts are compared once. */
  readonly #assumed = new Map<object, object>()
  /** Further partners of an object that is compared with several. */
  readonly #assumedToo = new Map<object, Set<object>>()
  readonly #wording: Wording
  readonly #fingerprints = new Fingerprints()
  #trail: (readonly [object, object])[] = []

  constructor(wording: Wording) {
    this.#wording = wording
  }

  /** Breadth first, so that the shallowest difference is reported, and depth takes no stack. */
  *first(before: unknown, after: unknown): Steps<Pair | undefined> {
    const queue: Opened[] = []
    let found = this.#meet(before, after, undefined, queue)
    for (let next = 0; found === undefined && next < queue.length; next += 1) {
      found = yield* this.#expand(queue[next] as Opened, queue)
      if (next % STRIDE === 0) yield
    }
    return found
  }

  /** The pair, if it differs without a look inside. Otherwise it is queued if it has an inside. */
  #meet(before: unknown, after: unknown, at: Path | undefined, queue: Opened[]): Pair | undefined {
    if (same(before, after)) return undefined
    const pair = { before, after, at }
    if (before === NOTHING || after === NOTHING || (isPrimitive(before) && isPrimitive(after))) return pair
    const left = read(before, at, this.#wording)
    const right = read(after, at, this.#wording)
    if (left.kind === 'primitive' && right.kind === 'primitive') return same(left.value, right.value) ? undefined : pair
    if (left.kind === 'date' && right.kind === 'date' && !same(left.time, right.time)) return pair
    if (left.kind !== right.kind || (left.kind === 'binary' && right.kind === 'binary' && left.type !== right.type))
      return pair
    if (this.#assume(before as object, after as object)) queue.push({ left, right, at })
    return undefined
  }

  *#expand({ left, right, at }: Opened, queue: Opened[]): Steps<Pair | undefined> {
    const meet = (before: unknown, after: unknown, segment: Segment): Pair | undefined =>
      same(before, after) ? undefined : this.#meet(before, after, { parent: at, segment }, queue)
    const found = yield* this.#content(left, right, meet)
    if (found !== undefined || !('extra' in left || 'extra' in right)) return found
    return yield* fields(extraOf(left), extraOf(right), meet)
  }

  *#content(left: Node, right: Node, meet: Meet): Steps<Pair | undefined> {
    if (left.kind === 'array' && right.kind === 'array') return yield* elements(left.items, right.items, meet)
    if (left.kind === 'binary' && right.kind === 'binary') return yield* elements(left.items, right.items, meet)
    if (left.kind === 'object' && right.kind === 'object') return yield* fields(left.fields, right.fields, meet)
    if (left.kind === 'set' && right.kind === 'set') return yield* this.#members(left.set, right.set, meet)
    if (left.kind === 'map' && right.kind === 'map') return yield* this.#entries(left.map, right.map, meet)
    return undefined
  }

  *#members(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>, meet: Meet): Steps<Pair | undefined> {
    return yield* this.#matched(before, after, (left, right) =>
      meet(left !== NOTHING, right !== NOTHING, { call: 'has', key: left === NOTHING ? right : left }),
    )
  }

  *#entries(
    before: ReadonlyMap<unknown, unknown>,
    after: ReadonlyMap<unknown, unknown>,
    meet: Meet,
  ): Steps<Pair | undefined> {
    return yield* this.#matched(before.keys(), after.keys(), (left, right) =>
      meet(left === NOTHING ? NOTHING : before.get(left), right === NOTHING ? NOTHING : after.get(right), {
        call: 'get',
        key: left === NOTHING ? right : left,
      }),
    )
  }

  /**
   * Pairs equal members of two unordered collections, and all others with {@link NOTHING}. Objects are looked up by
   * fingerprint, so that members in another order do not take longer.
   */
  *#matched(
    before: Iterable<unknown>,
    after: Iterable<unknown>,
    visit: (left: unknown, right: unknown) => Pair | undefined,
  ): Steps<Pair | undefined> {
    const primitives = new Set<unknown>()
    const objects = new Map<number, Set<unknown>>()
    let steps = 0
    for (const member of after) {
      if (isPrimitive(member)) {
        primitives.add(member)
      } else {
        const hash = yield* this.#fingerprints.of(member)
        objects.set(hash, (objects.get(hash) ?? new Set()).add(member))
      }
      if ((steps += 1) % STRIDE === 0) yield
    }
    for (const member of before) {
      const match = primitives.delete(member) ? member : yield* this.#take(member, primitives, objects)
      const found = visit(member, match)
      if (found) return found
      if ((steps += 1) % STRIDE === 0) yield
    }
    for (const rest of [primitives, ...objects.values()]) {
      for (const member of rest) {
        const found = visit(NOTHING, member)
        if (found) return found
      }
    }
    return undefined
  }

  /**
   * Takes the first object that equals `member`. An object whose `toJSON` gives a primitive also equals that primitive,
   * as copies have it in its place.
   */
  *#take(member: unknown, primitives: Set<unknown>, objects: ReadonlyMap<number, Set<unknown>>): Steps<unknown> {
    const candidates = objects.get(yield* this.#fingerprints.of(member))
    for (const candidate of candidates ?? []) {
      if (yield* this.#equal(member, candidate)) {
        candidates?.delete(candidate)
        return candidate
      }
      yield
    }
    if (isPrimitive(member) || primitives.size === 0) return NOTHING
    const node = readNode(member)
    return node.kind === 'primitive' && primitives.delete(node.value) ? node.value : NOTHING
  }

  /** If the two differ, the pairs that were assumed to be equal on the way are forgotten, as they may not be. */
  *#equal(before: unknown, after: unknown): Steps<boolean> {
    const mark = this.#trail.length
    if ((yield* this.first(before, after)) === undefined) return true
    for (const [left, right] of this.#trail.splice(mark)) {
      if (this.#assumed.get(left) === right) this.#assumed.delete(left)
      else this.#assumedToo.get(left)?.delete(right)
    }
    return false
  }

  #assume(before: object, after: object): boolean {
    const partner = this.#assumed.get(before)
    if (partner === after) return false
    if (partner === undefined) {
      this.#assumed.set(before, after)
    } else {
      const further = this.#assumedToo.get(before) ?? new Set()
      if (further.has(after)) return false
      this.#assumedToo.set(before, further.add(after))
    }
    this.#trail.push([before, after])
    return true
  }
}

function* elements(before: ArrayLike<unknown>, after: ArrayLike<unknown>, meet: Meet): Steps<Pair | undefined> {
  const length = Math.max(before.length, after.length)
  for (let i = 0; i < length; i += 1) {
    const found = meet(i < before.length ? before[i] : NOTHING, i < after.length ? after[i] : NOTHING, i)
    if (found) return found
    if (i % STRIDE === STRIDE - 1) yield
  }
  return undefined
}

function extraOf(node: Node): Readonly<Record<string, unknown>> {
  return ('extra' in node ? node.extra : undefined) ?? {}
}

function* fields(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  meet: Meet,
): Steps<Pair | undefined> {
  let steps = 0
  for (const name of Object.keys(before)) {
    const found = meet(before[name], isField(after, name) ? after[name] : NOTHING, name)
    if (found) return found
    if ((steps += 1) % STRIDE === 0) yield
  }
  for (const name of Object.keys(after)) if (!isField(before, name)) return meet(NOTHING, after[name], name)
  return undefined
}

/** As in `Object.keys`, a field that is not enumerable is not part of a value. */
function isField(object: object, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(object, name)
}

function read(value: unknown, at: Path | undefined, wording: Wording): Node {
  const node = readNode(value)
  if (node.kind === 'opaque') throw new TypeError(unreadable(at, node.what, wording))
  return node
}

function same(before: unknown, after: unknown): boolean {
  return before === after || (before !== before && after !== after)
}
