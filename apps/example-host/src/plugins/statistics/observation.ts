import { PluginCallError } from '@uni/reload-core'

/** One argument as a number; `undefined` for a null, which does not count. @throws PluginCallError `ARGUMENT`. */
export function observationOf(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  throw new PluginCallError('ARGUMENT', `mean takes numbers, and was given a ${typeof value}`)
}
