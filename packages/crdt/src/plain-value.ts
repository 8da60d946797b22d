/** One level of a value, told apart by what it is and not by who made it: plugins may run in a realm of their own. */
export type Node =
  | { readonly kind: 'array'; readonly items: readonly unknown[] }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'map'; readonly map: ReadonlyMap<unknown, unknown> }
  | { readonly kind: 'set'; readonly set: ReadonlySet<unknown> }
  | { readonly kind: 'date'; readonly time: number }
  /** The elements of a typed array, or the bytes of a buffer or view. */
  | { readonly kind: 'binary'; readonly type: string; readonly items: ArrayLike<number | bigint>; copy(): object }
  /** What an object's `toJSON` gave, where that is a primitive. */
  | { readonly kind: 'primitive'; readonly value: unknown }
  | { readonly kind: 'opaque'; readonly what: string }

export type Numbers = ArrayLike<number> & ArrayLike<bigint>

export const VIEWS = new Map<string, new (items: Numbers) => object>(Object.entries({
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  BigInt64Array, BigUint64Array,
}))

/** Whether `value` is compared by itself. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
}

/**
 * Reads one level. `structuredClone` would not do: it drops what an object keeps in private fields, so that two values
 * that differ there would pass for the same.
 */
export function readNode(value: unknown): Node {
  if (typeof value !== 'object' || value === null) return isPrimitive(value) ? { kind: 'primitive', value } : { kind: 'opaque', what: nameOf(value) }
  const data = readData(value)
  if (data !== undefined) return data
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON !== 'function') return { kind: 'opaque', what: nameOf(value) }
  const json: unknown = toJSON.call(value)
  if (isPrimitive(json)) return { kind: 'primitive', value: json }
  const read = typeof json === 'object' && json !== null ? readData(json) : undefined
  return read ?? { kind: 'opaque', what: `${nameOf(value)} whose toJSON() gives ${nameOf(json)}` }
}

/** What `value` is, as a person would name it. */
export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  const tag = tagOf(value)
  if (tag !== 'Object') return tag === 'ArrayBuffer' || tag === 'Error' ? `an ${tag}` : `a ${tag}`
  if (isPlain(value)) return 'an object'
  const { constructor } = value
  return `an instance of ${typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'an unnamed class'}`
}

function readData(value: object): Node | undefined {
  if (Array.isArray(value)) return { kind: 'array', items: value }
  // Nearly everything is a plain object of this realm, and reading a tag costs more than looking at the prototype.
  if (Object.getPrototypeOf(value) === Object.prototype) return { kind: 'object', fields: value as Record<string, unknown> }
  const type = tagOf(value)
  switch (type) {
    case 'Map': return { kind: 'map', map: value as ReadonlyMap<unknown, unknown> }
    case 'Set': return { kind: 'set', set: value as ReadonlySet<unknown> }
    case 'Date': return { kind: 'date', time: (value as Date).getTime() }
    case 'ArrayBuffer': {
      const bytes = new Uint8Array(value as ArrayBuffer)
      return { kind: 'binary', type, items: bytes, copy: () => new Uint8Array(bytes).buffer }
    }
    case 'DataView': {
      const { buffer, byteOffset, byteLength } = value as DataView
      const bytes = new Uint8Array(buffer, byteOffset, byteLength)
      return { kind: 'binary', type, items: bytes, copy: () => new DataView(new Uint8Array(bytes).buffer) }
    }
  }
  const View = VIEWS.get(type)
  // A Node Buffer is a Uint8Array by its tag, and copied as one: its own slice() would share memory.
  if (View !== undefined) return { kind: 'binary', type, items: value as Numbers, copy: () => new View(value as Numbers) }
  return isPlain(value) ? { kind: 'object', fields: value as Record<string, unknown> } : undefined
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null)
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}
