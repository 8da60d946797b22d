import { synchronous } from '@uni/reload-core'
import { shortened } from './shortened.js'

/** Fields of an array, a map and the like beside its elements; absent where there are none. */
interface WithExtra {
  readonly extra?: Fields
}
type Fields = Readonly<Record<string, unknown>>

/** One level of a value. Its kind is found without `instanceof`, as plugins may run in a realm of their own. */
export type Node =
  | ({ readonly kind: 'array'; readonly items: readonly unknown[] } & WithExtra)
  | { readonly kind: 'object'; readonly fields: Fields }
  | ({ readonly kind: 'map'; readonly map: ReadonlyMap<unknown, unknown> } & WithExtra)
  | ({ readonly kind: 'set'; readonly set: ReadonlySet<unknown> } & WithExtra)
  | ({ readonly kind: 'date'; readonly time: number } & WithExtra)
  /** A typed array with its elements, or a buffer or view with its bytes. */
  | ({
      readonly kind: 'binary'
      readonly type: string
      readonly items: ArrayLike<number | bigint>
      copy(): object
    } & WithExtra)
  /** An object whose `toJSON` gives a primitive. */
  | { readonly kind: 'primitive'; readonly value: unknown }
  | { readonly kind: 'opaque'; readonly what: string }

export type Numbers = ArrayLike<number> & ArrayLike<bigint>

export const VIEWS = new Map<string, new (items: Numbers) => object>(
  Object.entries({
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  }),
)

/** Whether `value` has no inside. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
}

/**
 * Reads one level. `structuredClone` would drop an object's private fields, so that two values that differ only there
 * would seem equal.
 */
export function readNode(value: unknown): Node {
  if (typeof value !== 'object' || value === null)
    return isPrimitive(value) ? { kind: 'primitive', value } : { kind: 'opaque', what: nameOf(value) }
  const data = readData(value)
  if (data !== undefined) return data
  const toJSON = ownToJson(value)
  if (toJSON === undefined) return { kind: 'opaque', what: nameOf(value) }
  const json = answerOf(toJSON, value)
  if (isPrimitive(json)) return { kind: 'primitive', value: json }
  const read = typeof json === 'object' && json !== null ? readData(json) : undefined
  return read ?? { kind: 'opaque', what: `${nameOf(value)} whose toJSON() gives ${nameOf(json)}` }
}

/** `value` in a person's words. */
export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value) && isBuiltIn(value, 'Array')) return 'an array'
  const tag = tagOf(value)
  if (tag !== 'Object' && isBuiltIn(value, tag)) {
    return tag === 'ArrayBuffer' || tag === 'Error' ? `an ${tag}` : `a ${tag}`
  }
  if (isPlain(value)) return 'an object'
  const { constructor } = value
  return (
    'an instance of ' +
    `${typeof constructor === 'function' && constructor.name !== '' ? shortened(constructor.name) : 'an unnamed class'}`
  )
}

function readData(value: object): Node | undefined {
  // Nearly every value is a plain object of this realm, and to read a tag takes longer than to look at the prototype.
  if (Object.getPrototypeOf(value) === Object.prototype) return { kind: 'object', fields: value as Fields }
  const type = Array.isArray(value) ? 'Array' : tagOf(value)
  const node = readBuiltIn(value, type)
  if (node === undefined) return isPlain(value) ? { kind: 'object', fields: value as Fields } : undefined
  // A subclass may have more in its instances than its base has, and mean something else by it.
  return isBuiltIn(value, type) ? node : undefined
}

function readBuiltIn(value: object, type: string): Node | undefined {
  switch (type) {
    case 'Array':
      return {
        kind: 'array',
        items: value as readonly unknown[],
        ...extraOf(value, (value as readonly unknown[]).length),
      }
    case 'Map':
      return { kind: 'map', map: value as ReadonlyMap<unknown, unknown>, ...extraOf(value, 0) }
    case 'Set':
      return { kind: 'set', set: value as ReadonlySet<unknown>, ...extraOf(value, 0) }
    case 'Date':
      return { kind: 'date', time: Number(value), ...extraOf(value, 0) }
    case 'ArrayBuffer': {
      const bytes = new Uint8Array(value as ArrayBuffer)
      return { kind: 'binary', type, items: bytes, copy: () => new Uint8Array(bytes).buffer, ...extraOf(value, 0) }
    }
    case 'DataView': {
      const { buffer, byteOffset, byteLength } = value as DataView
      const bytes = new Uint8Array(buffer, byteOffset, byteLength)
      return {
        kind: 'binary',
        type,
        items: bytes,
        copy: () => new DataView(new Uint8Array(bytes).buffer),
        ...extraOf(value, 0),
      }
    }
  }
  const View = VIEWS.get(type)
  if (View === undefined) return undefined
  const items = value as Numbers
  // A Node Buffer has the tag of a Uint8Array, and is copied as one: its own slice() would share memory.
  return { kind: 'binary', type, items, copy: () => new View(items), ...extraOf(value, items.length) }
}

/** Longer ones are not searched for fields beside their elements: an engine lists the name of each element first. */
const SEARCHED = 65_536
const NOTHING_MORE: WithExtra = {}

/** The fields of `value` beside its `elements`. */
function extraOf(value: object, elements: number): WithExtra {
  if (elements > SEARCHED) return NOTHING_MORE
  const names = Object.keys(value)
  // The names of elements come first.
  const last = names.at(-1)
  if (last === undefined || isIndex(last)) return NOTHING_MORE
  const extra = names.filter((name) => !isIndex(name))
  return { extra: Object.fromEntries(extra.map((name) => [name, (value as Fields)[name]])) }
}

function isIndex(name: string): boolean {
  return String(Number(name) >>> 0) === name
}

/**
 * The `toJSON` of the object's own class. One that is inherited from a built-in class knows nothing of what the class
 * adds.
 */
function ownToJson(value: object): (() => unknown) | undefined {
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON !== 'function') return undefined
  const type = Array.isArray(value) ? 'Array' : tagOf(value)
  for (let owner: object | null = value; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    if (Object.hasOwn(owner, 'toJSON')) return isPrototypeOf(owner, type) ? undefined : (toJSON as () => unknown)
  }
  return toJSON as () => unknown
}

/** @returns the result of `toJSON`; if that is a promise, its rejection is handled. */
function answerOf(toJSON: () => unknown, value: object): unknown {
  const json = toJSON.call(value)
  try {
    return synchronous(json, 'toJSON()', 'it gives plain data')
  } catch {
    return json
  }
}

/** Whether `value` is an instance of the built-in class `type` itself, in any realm. */
function isBuiltIn(value: object, type: string): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype !== null && isPrototypeOf(prototype, type)
}

/** The built-in prototypes met so far, with the names of their classes. */
const PROTOTYPES = new WeakMap<object, string>()
const NATIVE = /\{\s*\[native code\]\s*\}\s*$/

function isPrototypeOf(prototype: object, type: string): boolean {
  const known = PROTOTYPES.get(prototype)
  if (known !== undefined) return known === type
  const constructor: unknown = Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined
  if (typeof constructor !== 'function' || constructor.prototype !== prototype) return false
  const native = constructor.name === type && NATIVE.test(Function.prototype.toString.call(constructor))
  if (!native && !(type === 'Uint8Array' && isBufferClass(constructor))) return false
  PROTOTYPES.set(prototype, type)
  return true
}

/** Node's Buffer, or its substitute in a browser, adds only methods to a Uint8Array. */
function isBufferClass(constructor: object): boolean {
  const { name, isBuffer } = constructor as { name?: unknown; isBuffer?: unknown }
  return name === 'Buffer' && typeof isBuffer === 'function'
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null)
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}
