import { unreadable, type Path, type Segment } from './path.js'
import { isPrimitive, readNode, type Node } from './plain-value.js'

/** Two values that differ, and where they were found. */
export interface Pair { readonly before: unknown; readonly after: unknown; readonly at: Path | undefined }
/** Two nodes of one kind whose children are still to be compared. */
interface Opened { readonly left: Node; readonly right: Node; readonly at: Path | undefined }

/** Compares two values found under `segment` of what is being looked into. */
type Meet = (before: unknown, after: unknown, segment: Segment) => Pair | undefined

/** Stands for the side that has nothing at a place. */
export const NOTHING = Symbol('nothing')

/** One comparison of two values by structure. What counts as equal is said at `differenceOf`. */
export class Comparison {
  /** Pairs of objects found equal, or being compared: what makes cycles end, and shared parts cost once. */
  readonly #assumed = new Map<object, object>()
  /** Further partners of an object that was compared to several. */
  readonly #assumedToo = new Map<object, Set<object>>()
  #trail: (readonly [object, object])[] = []

  /** Breadth first, so that the difference reported is the shallowest, and depth costs no stack. */
  first(before: unknown, after: unknown): Pair | undefined {
    const queue: Opened[] = []
    let found = this.#meet(before, after, undefined, queue)
    for (let next = 0; found === undefined && next < queue.length; next += 1) found = this.#expand(queue[next] as Opened, queue)
    return found
  }

  /** The pair, where it differs at first sight. If that takes a look inside, it is queued. */
  #meet(before: unknown, after: unknown, at: Path | undefined, queue: Opened[]): Pair | undefined {
    if (same(before, after)) return undefined
    const pair = { before, after, at }
    if (before === NOTHING || after === NOTHING || (isPrimitive(before) && isPrimitive(after))) return pair
    const left = read(before, at)
    const right = read(after, at)
    if (left.kind === 'primitive' && right.kind === 'primitive') return same(left.value, right.value) ? undefined : pair
    if (left.kind === 'date' && right.kind === 'date') return same(left.time, right.time) ? undefined : pair
    if (left.kind !== right.kind || (left.kind === 'binary' && right.kind === 'binary' && left.type !== right.type)) return pair
    if (this.#assume(before as object, after as object)) queue.push({ left, right, at })
    return undefined
  }

  #expand({ left, right, at }: Opened, queue: Opened[]): Pair | undefined {
    const meet = (before: unknown, after: unknown, segment: Segment): Pair | undefined =>
      same(before, after) ? undefined : this.#meet(before, after, { parent: at, segment }, queue)
    if (left.kind === 'array' && right.kind === 'array') return elements(left.items, right.items, meet)
    if (left.kind === 'binary' && right.kind === 'binary') return elements(left.items, right.items, meet)
    if (left.kind === 'object' && right.kind === 'object') return fields(left.fields, right.fields, meet)
    if (left.kind === 'set' && right.kind === 'set') return this.#members(left.set, right.set, meet)
    if (left.kind === 'map' && right.kind === 'map') return this.#entries(left.map, right.map, meet)
    return undefined
  }

  #members(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>, meet: Meet): Pair | undefined {
    for (const [left, right] of this.#matched(before, after)) {
      const found = meet(left !== NOTHING, right !== NOTHING, { call: 'has', key: left === NOTHING ? right : left })
      if (found) return found
    }
    return undefined
  }

  #entries(before: ReadonlyMap<unknown, unknown>, after: ReadonlyMap<unknown, unknown>, meet: Meet): Pair | undefined {
    for (const [left, right] of this.#matched(before.keys(), after.keys())) {
      const found = meet(left === NOTHING ? NOTHING : before.get(left), right === NOTHING ? NOTHING : after.get(right), { call: 'get', key: left === NOTHING ? right : left })
      if (found) return found
    }
    return undefined
  }

  /** Pairs the members of two unordered collections that are equal; the others are paired with {@link NOTHING}. */
  * #matched(before: Iterable<unknown>, after: Iterable<unknown>): Generator<readonly [before: unknown, after: unknown]> {
    const primitives = new Set<unknown>()
    const objects = new Set<unknown>()
    for (const member of after) (isPrimitive(member) ? primitives : objects).add(member)
    for (const member of before) {
      if (isPrimitive(member)) {
        yield [member, primitives.delete(member) ? member : NOTHING]
        continue
      }
      let match: unknown = NOTHING
      for (const candidate of objects) {
        if (!this.#equal(member, candidate)) continue
        match = candidate
        objects.delete(candidate)
        break
      }
      yield [member, match]
    }
    for (const member of primitives) yield [NOTHING, member]
    for (const member of objects) yield [NOTHING, member]
  }

  /** What was assumed on the way to a difference has not been shown, and is forgotten. */
  #equal(before: unknown, after: unknown): boolean {
    const mark = this.#trail.length
    if (this.first(before, after) === undefined) return true
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

function elements(before: ArrayLike<unknown>, after: ArrayLike<unknown>, meet: Meet): Pair | undefined {
  const length = Math.max(before.length, after.length)
  for (let i = 0; i < length; i += 1) {
    const found = meet(i < before.length ? before[i] : NOTHING, i < after.length ? after[i] : NOTHING, i)
    if (found) return found
  }
  return undefined
}

function fields(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>, meet: Meet): Pair | undefined {
  for (const name of Object.keys(before)) {
    const found = meet(before[name], isField(after, name) ? after[name] : NOTHING, name)
    if (found) return found
  }
  for (const name of Object.keys(after)) if (!isField(before, name)) return meet(NOTHING, after[name], name)
  return undefined
}

/** What `Object.keys` would list: a field that is not enumerable is not part of a value. */
function isField(object: object, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(object, name)
}

function read(value: unknown, at: Path | undefined): Node {
  const node = readNode(value)
  if (node.kind === 'opaque') throw new TypeError(unreadable(at, node.what))
  return node
}

function same(before: unknown, after: unknown): boolean {
  return before === after || (before !== before && after !== after)
}
