import { inOneGo } from './in-one-go.js'
import { unreadable, type Path, type Segment } from './path.js'
import { isPrimitive, readNode, type Node } from './plain-value.js'
import { PLAIN, type Wording } from './show.js'

/** How many parts are copied before the copying yields. */
const STRIDE = 256

interface Unfilled {
  readonly node: Node
  readonly copy: object
  readonly at: Path | undefined
}

/**
 * A copy of `value` that later edits do not change and that refers to nothing of a plugin. Cycles and shared parts stay
 * cycles and shared parts; an object that is read through its `toJSON` becomes the result of that. Yields now and then.
 *
 * @throws TypeError where the value has a part that cannot be compared, such as a function.
 */
export function* copying(value: unknown, wording: Wording): Generator<undefined, unknown> {
  const copies = new Map<unknown, unknown>()
  const unfilled: Unfilled[] = []

  function copy(original: unknown, parent: Path | undefined, segment?: Segment): unknown {
    if (isPrimitive(original)) return original
    if (copies.has(original)) return copies.get(original)
    const at = segment === undefined ? parent : { parent, segment }
    const node = readNode(original)
    const made = shell(node, at, wording)
    copies.set(original, made)
    if (typeof made === 'object' && made !== null) unfilled.push({ node, copy: made, at })
    return made
  }

  const root = copy(value, undefined)
  for (let next = unfilled.pop(), filled = 1; next !== undefined; next = unfilled.pop(), filled += 1) {
    yield* fill(next, copy)
    if (filled % STRIDE === 0) yield
  }
  return root
}

/** {@link copying} without a pause. */
export function copyOf(value: unknown, wording = PLAIN): unknown {
  return inOneGo(copying(value, wording))
}

function shell(node: Node, at: Path | undefined, wording: Wording): unknown {
  switch (node.kind) {
    case 'primitive':
      return node.value
    case 'opaque':
      throw new TypeError(unreadable(at, node.what, wording))
    case 'date':
      return new Date(node.time)
    case 'binary':
      return node.copy()
    case 'array':
      return []
    case 'object':
      return {}
    case 'map':
      return new Map()
    case 'set':
      return new Set()
  }
}

type Copy = (value: unknown, parent: Path | undefined, segment: Segment) => unknown

function* fill({ node, copy: target, at }: Unfilled, copy: Copy): Generator<undefined, void> {
  let steps = 0
  if (node.kind === 'array') {
    for (const [i, item] of node.items.entries()) {
      ;(target as unknown[]).push(copy(item, at, i))
      if ((steps += 1) % STRIDE === 0) yield
    }
  }
  if (node.kind === 'set') {
    for (const item of node.set) {
      ;(target as Set<unknown>).add(copy(item, at, { call: 'has', key: item }))
      if ((steps += 1) % STRIDE === 0) yield
    }
  }
  if (node.kind === 'map') {
    for (const [key, item] of node.map) {
      const segment = { call: 'get', key } as const
      ;(target as Map<unknown, unknown>).set(copy(key, at, segment), copy(item, at, segment))
      if ((steps += 1) % STRIDE === 0) yield
    }
  }
  if (node.kind === 'object') yield* fillFields(target, node.fields, at, copy)
  else if ('extra' in node && node.extra) yield* fillFields(target, node.extra, at, copy)
}

function* fillFields(
  target: object,
  fields: Readonly<Record<string, unknown>>,
  at: Path | undefined,
  copy: Copy,
): Generator<undefined, void> {
  let steps = 0
  for (const name of Object.keys(fields)) {
    const value = copy(fields[name], at, name)
    // An assignment to `__proto__` would change the prototype of the copy.
    if (name === '__proto__') {
      Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
    } else (target as Record<string, unknown>)[name] = value
    if ((steps += 1) % STRIDE === 0) yield
  }
}
