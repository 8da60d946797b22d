import { MapRow, StructRow, Vector, type DataType } from 'apache-arrow'
import type { LogicalTypeProvider } from '../../src/index.js'

/**
 * A type whose literals are JSON: `valueOf` makes what a column takes of the parsed literal, and throws for what is
 * none.
 */
export function jsonType(
  name: string,
  arrowType: DataType,
  samples: readonly string[],
  valueOf: (parsed: unknown) => unknown,
  show: (value: unknown) => unknown = plain,
): () => LogicalTypeProvider {
  return () => ({
    name,
    arrowType,
    fromLiteral: (text) => valueOf(JSON.parse(text)),
    toDisplay(value) {
      const text: unknown = JSON.stringify(show(value))
      if (typeof text !== 'string') throw new TypeError(`${name}: no value: ${String(text)}`)
      return text
    },
    samples: () => samples,
  })
}

/** What Arrow's readers give, as JSON has it. */
export function plain(value: unknown): unknown {
  if (value instanceof Vector || Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as Iterable<unknown>, plain)
  if (value instanceof Map || value instanceof MapRow || value instanceof StructRow) {
    return Object.fromEntries(Array.from(value as Iterable<[string, unknown]>, ([key, inner]) => [key, plain(inner)]))
  }
  return value
}

export function refuse(found: unknown): never {
  throw new TypeError(`no such value: ${JSON.stringify(found)}`)
}

export function integer(value: unknown, bits: 8 | 16 | 32 = 32): number {
  const limit = 2 ** (bits - 1)
  return Number.isInteger(value) && (value as number) >= -limit && (value as number) < limit
    ? (value as number)
    : refuse(value)
}

export function finite(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : refuse(value)
}

/** A text that UTF-8 can hold, and that does not begin with the mark that its readers leave out. */
export function text(value: unknown): string {
  return typeof value === 'string' && !/\p{Cs}|^\ufeff/u.test(value) ? value : refuse(value)
}

export function list<T>(value: unknown, item: (inner: unknown) => T, length?: number): T[] {
  return Array.isArray(value) && (length === undefined || value.length === length)
    ? value.map((inner) => item(inner))
    : refuse(value)
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse(value)
}

export function bytesOf(hex: string, length?: number): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex) || (length !== undefined && hex.length !== length * 2)) refuse(hex)
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

export function hexOf(value: unknown): string {
  return value instanceof Uint8Array
    ? Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')
    : refuse(String(value))
}
