import type { MapRow, StructRow, Vector } from 'apache-arrow'

/**
 * `value` in the form that Arrow's builders take: they store the rows and vectors that Arrow's readers return in
 * another form.
 *
 * Arrow's classes are recognised by their members, not by `instanceof`: a host that requires `apache-arrow` has another
 * copy of them than the modules that import it.
 */
export function builderValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(builderValue)
  if (typeof value !== 'object' || value === null) return value
  if (isVector(value)) return Array.from(value, builderValue)
  if (isMapRow(value)) return new Map(Array.from(value, ([key, inner]) => [key, builderValue(inner)]))
  if (isStructRow(value)) return Object.fromEntries(Array.from(value, ([name, inner]) => [name, builderValue(inner)]))
  return value
}

// Compared by value: rows are proxies whose `in` knows only their fields. Arrow keeps a row's columns under these
// symbols.
const MAP_KEYS = Symbol.for('keys')
const STRUCT_COLUMNS = Symbol.for('parent')

function isVector(value: object): value is Vector {
  const { type, data, get } = value as Partial<Vector>
  return typeof type?.typeId === 'number' && Array.isArray(data) && typeof get === 'function'
}

function isMapRow(value: object): value is MapRow {
  return (value as { [MAP_KEYS]?: unknown })[MAP_KEYS] !== undefined
}

function isStructRow(value: object): value is StructRow {
  return (value as { [STRUCT_COLUMNS]?: unknown })[STRUCT_COLUMNS] !== undefined
}
