import { MapRow, StructRow, Vector } from 'apache-arrow'

/** `value` as Arrow's builders take it: they store the rows and vectors that Arrow's readers give as something else. */
export function builderValue(value: unknown): unknown {
  if (value instanceof Vector || Array.isArray(value)) return Array.from(value, builderValue)
  if (value instanceof MapRow) return new Map(Array.from(value, ([key, inner]) => [key, builderValue(inner)]))
  if (value instanceof StructRow)
    return Object.fromEntries(Array.from(value, ([name, inner]) => [name, builderValue(inner)]))
  return value
}
