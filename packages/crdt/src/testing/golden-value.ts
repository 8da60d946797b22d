import { nameOf, readNode, VIEWS, type Numbers } from '../plain-value.js'

/** A value that JSON does not have, marked by a field `$`. */
type Marked =
  | { $: 'undefined' }
  | { $: 'bigint' | 'number'; of: string }
  | { $: 'date'; of: number | null }
  | { $: 'bytes'; type: string; of: string }
  | { $: 'set'; of: unknown[] }
  | { $: 'map' | 'object'; of: [unknown, unknown][] }

/**
 * A document's value as JSON.
 *
 * @throws TypeError for a value that cannot be compared; RangeError for one that contains itself.
 */
export function toGolden(value: unknown): unknown {
  if (value === undefined) return { $: 'undefined' } satisfies Marked
  if (typeof value === 'bigint') return { $: 'bigint', of: String(value) } satisfies Marked
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : ({ $: 'number', of: String(value) } satisfies Marked)
  const node = readNode(value)
  if ('extra' in node && node.extra) {
    throw new TypeError(`the value holds ${nameOf(value)} with fields of its own, which cannot be written down`)
  }
  switch (node.kind) {
    case 'opaque':
      throw new TypeError(`the value holds ${node.what}, which cannot be written down`)
    case 'primitive':
      return node.value === value ? value : toGolden(node.value)
    case 'array':
      return Array.from(node.items, toGolden)
    case 'date':
      return { $: 'date', of: Number.isNaN(node.time) ? null : node.time } satisfies Marked
    case 'set':
      return { $: 'set', of: Array.from(node.set, toGolden) } satisfies Marked
    case 'map':
      return { $: 'map', of: Array.from(node.map, ([key, item]) => [toGolden(key), toGolden(item)]) } satisfies Marked
    case 'binary':
      return { $: 'bytes', type: node.type, of: toBase64(bytesOf(node.copy())) } satisfies Marked
    case 'object': {
      const entries = Object.entries(node.fields).map(([name, item]): [string, unknown] => [name, toGolden(item)])
      return '$' in node.fields ? ({ $: 'object', of: entries } satisfies Marked) : Object.fromEntries(entries)
    }
  }
}

/** @throws TypeError where {@link toGolden} has not written it. */
export function fromGolden(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(fromGolden)
  if (!('$' in json)) return Object.fromEntries(Object.entries(json).map(([name, item]) => [name, fromGolden(item)]))
  const marked = json as Marked
  switch (marked.$) {
    case 'undefined':
      return undefined
    case 'bigint':
      return BigInt(marked.of)
    case 'number':
      return Number(marked.of)
    case 'date':
      return new Date(marked.of ?? NaN)
    case 'set':
      return new Set(marked.of.map(fromGolden))
    case 'map':
      return new Map(marked.of.map(([key, item]) => [fromGolden(key), fromGolden(item)]))
    case 'object':
      return Object.fromEntries(marked.of.map(([name, item]) => [name, fromGolden(item)]))
    case 'bytes':
      return viewOf(marked.type, fromBase64(marked.of))
  }
  throw new TypeError(
    `a golden file marks a value as ${JSON.stringify((json as { $: unknown }).$)}, which this version does not know`,
  )
}

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

function bytesOf(binary: object): Uint8Array {
  if (ArrayBuffer.isView(binary)) return new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength)
  return new Uint8Array(binary as ArrayBuffer)
}

function viewOf(type: string, bytes: Uint8Array): unknown {
  const { buffer } = bytes
  if (type === 'ArrayBuffer') return buffer
  if (type === 'DataView') return new DataView(buffer)
  const View = VIEWS.get(type) as (new (buffer: ArrayBufferLike | Numbers) => object) | undefined
  if (View === undefined) throw new TypeError(`a golden file holds a ${type}, which this version does not know`)
  return new View(buffer)
}
