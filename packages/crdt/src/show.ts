import { nameOf, readNode, type Node } from './plain-value.js'
import { LONGEST_STRING, shortened } from './shortened.js'

const LONGEST_TEXT = 100
const MOST_ITEMS = 3
const DEEPEST = 2

/** How messages name values and places. */
export interface Wording {
  /** In at most a line. */
  value(value: unknown): string
  /** A key of a `Map`, or a member of a `Set`. */
  key(key: unknown): string
  /** The step to a field, such as `.title`. */
  field(name: string): string
}

/** As they are. */
export const PLAIN: Wording = {
  value: show,
  key: show,
  field: (name) => (IDENTIFIER.test(name) && name.length <= LONGEST_STRING ? `.${name}` : `[${quote(name)}]`),
}

/** By kind and size only, for messages that may reach people who may not read the document. */
export const REDACTED: Wording = {
  value: kindAndSize,
  key: kindAndSize,
  field: () => '.*',
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** `value` in at most one line. */
export function show(value: unknown): string {
  const text = render(value, 0)
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}

function kindAndSize(value: unknown): string {
  if (typeof value === 'boolean' || value === undefined || value === null) return String(value)
  if (typeof value === 'string') return `a string of ${value.length} characters`
  if (typeof value !== 'object') return `a ${typeof value}`
  const node = readNode(value)
  switch (node.kind) {
    case 'array':
      return `an array of ${node.items.length}`
    case 'binary':
      return `${node.type} of ${node.items.length}`
    case 'map':
      return `a Map of ${node.map.size}`
    case 'set':
      return `a Set of ${node.set.size}`
    case 'object':
      return `an object of ${Object.keys(node.fields).length} fields`
    default:
      return nameOf(value)
  }
}

function render(value: unknown, depth: number): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? nameOf(value) : String(value)
  return renderNode(value, readNode(value), (inner) => (depth < DEEPEST ? render(inner, depth + 1) : '…'))
}

function renderNode(value: object, node: Node, inner: (value: unknown) => string): string {
  switch (node.kind) {
    case 'primitive':
      return `${nameOf(value)} ${inner(node.value)}`
    case 'opaque':
      return node.what
    case 'date':
      return Number.isNaN(node.time) ? 'an invalid Date' : `Date ${new Date(node.time).toISOString()}`
    case 'array':
      return enclose('[', node.items.slice(0, MOST_ITEMS).map(inner), node.items.length, ']')
    case 'binary':
      return enclose(
        `${node.type} [`,
        Array.prototype.slice.call(node.items, 0, MOST_ITEMS).map(inner),
        node.items.length,
        ']',
      )
    case 'object': {
      const names = Object.keys(node.fields)
      return enclose(
        '{',
        names.slice(0, MOST_ITEMS).map((name) => `${shortened(name)}: ${inner(node.fields[name])}`),
        names.length,
        '}',
      )
    }
    case 'map':
      return enclose(
        'Map {',
        Array.from(firstOf(node.map), ([key, item]) => `${inner(key)} => ${inner(item)}`),
        node.map.size,
        '}',
      )
    case 'set':
      return enclose('Set {', Array.from(firstOf(node.set), inner), node.set.size, '}')
  }
}

function* firstOf<T>(items: Iterable<T>): Generator<T> {
  let left = MOST_ITEMS
  for (const item of items) {
    if (left === 0) return
    yield item
    left -= 1
  }
}

function enclose(open: string, shown: readonly string[], count: number, close: string): string {
  return `${open}${shown.join(', ')}${count > shown.length ? `, … ${count} in all` : ''}${close}`
}

function quote(text: string): string {
  return text.length > LONGEST_STRING ? `${JSON.stringify(text.slice(0, LONGEST_STRING))}…` : JSON.stringify(text)
}
