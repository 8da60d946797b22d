import { unreadable, type Path, type Segment } from './path.js'
import { isPrimitive, readNode, type Node } from './plain-value.js'

interface Unfilled { readonly node: Node; readonly copy: object; readonly at: Path | undefined }

/**
 * A copy of `value` that later edits do not reach and that refers to nothing a plugin made. Cycles and shared parts stay
 * what they are; an object that is read through its `toJSON` becomes what that gave.
 *
 * @throws TypeError where the value holds something that cannot be compared, such as a function.
 */
export function copyOf(value: unknown): unknown {
  const copies = new Map<unknown, unknown>()
  const unfilled: Unfilled[] = []

  function copy(original: unknown, parent: Path | undefined, segment?: Segment): unknown {
    if (isPrimitive(original)) return original
    if (copies.has(original)) return copies.get(original)
    const at = segment === undefined ? parent : { parent, segment }
    const node = readNode(original)
    const made = shell(node, at)
    copies.set(original, made)
    if (typeof made === 'object' && made !== null) unfilled.push({ node, copy: made, at })
    return made
  }

  const root = copy(value, undefined)
  for (let next = unfilled.pop(); next !== undefined; next = unfilled.pop()) fill(next, copy)
  return root
}

function shell(node: Node, at: Path | undefined): unknown {
  switch (node.kind) {
    case 'primitive': return node.value
    case 'opaque': throw new TypeError(unreadable(at, node.what))
    case 'date': return new Date(node.time)
    case 'binary': return node.copy()
    case 'array': return []
    case 'object': return {}
    case 'map': return new Map()
    case 'set': return new Set()
  }
}

function fill({ node, copy: target, at }: Unfilled, copy: (value: unknown, parent: Path | undefined, segment: Segment) => unknown): void {
  if (node.kind === 'array') for (const [i, item] of node.items.entries()) (target as unknown[]).push(copy(item, at, i))
  if (node.kind === 'set') for (const item of node.set) (target as Set<unknown>).add(copy(item, at, { call: 'has', key: item }))
  if (node.kind === 'map') {
    for (const [key, item] of node.map) {
      const segment = { call: 'get', key } as const
      ;(target as Map<unknown, unknown>).set(copy(key, at, segment), copy(item, at, segment))
    }
  }
  if (node.kind === 'object') {
    for (const name of Object.keys(node.fields)) {
      const value = copy(node.fields[name], at, name)
      // Assigning to `__proto__` would change what the copy is.
      if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
      else (target as Record<string, unknown>)[name] = value
    }
  }
}
