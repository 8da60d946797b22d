import type { RecordBatch, Schema } from 'apache-arrow'
import type { FilteredQuery, IndexBuild, IndexHandle, IndexQuery, PersistedFile } from './contract.js'
import { shortened } from './shortened.js'

// Plugins may be written without types, with another copy of Arrow, or in another realm: what they return is recognised
// by its members, never by `instanceof`.

type Shape = Record<PropertyKey, unknown>

export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return isObject(value) && typeof value[Symbol.asyncIterator] === 'function'
}

export function isFileReference(value: unknown): value is PersistedFile {
  return (
    isObject(value) &&
    typeof value['file'] === 'string' &&
    value['file'] !== '' &&
    (value['crc32'] === undefined || typeof value['crc32'] === 'number')
  )
}

/** A value in words, such as `undefined`, `a string`, `an ArrayBuffer`. */
export function nameOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1)
  if (tag === 'Object') {
    return `an object with ${Object.keys(value).slice(0, 5).map(shortened).join(', ') || 'nothing in it'}`
  }
  return `${/^[AEIOU]/.test(tag) ? 'an' : 'a'} ${tag}`
}

/** @throws TypeError naming the method that is missing. */
export function assertMethods(value: unknown, what: string, methods: readonly string[]): asserts value is Shape {
  if (!isObject(value)) throw new TypeError(`${what} is ${nameOf(value)}. Expected an object with ${list(methods)}`)
  const missing = methods.filter((method) => typeof value[method] !== 'function')
  if (missing.length > 0)
    throw new TypeError(`${what} has no ${list(missing)}. Expected an object with ${list(methods)}`)
}

export function assertBuild(value: unknown): asserts value is IndexBuild {
  assertMethods(value, 'what build() resolved with', ['finalize'])
}

/** @param what where the handle came from, such as `what open() resolved with`. */
export function assertHandle(value: unknown, what: string): asserts value is IndexHandle {
  assertMethods(value, what, ['probe', 'persist', 'schema'])
  for (const optional of ['apply', 'probeFiltered', 'close']) {
    if (value[optional] !== undefined && typeof value[optional] !== 'function') {
      throw new TypeError(
        `${what} has an ${optional} that is ${nameOf(value[optional])}. Expected a function, or nothing`,
      )
    }
  }
  if (value['snapshot'] !== undefined && value['snapshot'] !== 'isolated') {
    throw new TypeError(`${what} says snapshot: ${JSON.stringify(value['snapshot'])}. Expected 'isolated', or nothing`)
  }
  const { supportsFilter } = value
  if (supportsFilter !== undefined && typeof supportsFilter !== 'boolean') {
    throw new TypeError(
      `${what} has a supportsFilter that is ${nameOf(supportsFilter)}. Expected true, false, or nothing`,
    )
  }
  if (supportsFilter === true && value['probeFiltered'] === undefined) {
    throw new TypeError(`${what} says supportsFilter, and has no probeFiltered(). Expected it to have both`)
  }
}

/** @throws TypeError unless it is an array, and each member of it a batch, or a batch and a filter. */
export function assertQueries(value: unknown, what: string, each: string): asserts value is readonly IndexQuery[] {
  if (!Array.isArray(value)) {
    throw new TypeError(`${what} gave no array, but ${nameOf(value)}. Expected an array of Arrow RecordBatches`)
  }
  for (const [at, query] of value.entries()) assertBatch(isFilteredQuery(query) ? query.query : query, `${each} ${at}`)
}

export function isFilteredQuery(value: unknown): value is FilteredQuery {
  return isObject(value) && 'query' in value && 'filter' in value
}

export function assertSchema(value: unknown, what: string): asserts value is Schema {
  if (!isObject(value) || !Array.isArray(value['fields']))
    throw new TypeError(`${what} is ${nameOf(value)}. Expected an Arrow Schema`)
}

export function assertBatch(value: unknown, what: string): asserts value is RecordBatch {
  if (!isObject(value) || typeof value['numRows'] !== 'number' || typeof value['getChildAt'] !== 'function') {
    throw new TypeError(`${what} is ${nameOf(value)}. Expected an Arrow RecordBatch`)
  }
  assertSchema(value['schema'], `the schema of ${what}`)
}

function isObject(value: unknown): value is Shape {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function list(methods: readonly string[]): string {
  return methods.map((method) => `${method}()`).join(', ')
}
