import { ReloadError, type PluginHost } from '@uni/reload-core'
import { expect } from 'vitest'
import type { BadVersion, CatalogueEntry } from '../../../src/plugins/catalogue.js'

const BEFORE_ANY_HANDOFF: ReadonlySet<unknown> = new Set(['validate', 'stage', 'preflight'])

/** I3: tries a bad version, and expects it to be turned away as the catalogue says, the old one in place. */
export async function expectTurnedAway(
  host: PluginHost,
  { id }: CatalogueEntry,
  { plugin, code, result }: BadVersion,
): Promise<ReloadError> {
  const handle = host.plugin(id)
  if (handle === undefined) throw new Error(`plugin ${id} is not installed`)
  const thrown: unknown = await host.reload(handle, plugin).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!ReloadError.is(thrown)) throw new Error(`expected a ReloadError, found ${String(thrown)}`, { cause: thrown })
  expect(thrown.code).toBe(code)
  expect(BEFORE_ANY_HANDOFF.has(thrown.phase) ? 'rejected' : 'rolled-back').toBe(result)
  expect(thrown.rollbackErrors).toEqual([])
  expect(host.plugin(id)).toEqual(handle)
  expect(host.plugins().map((status) => [status.id, status.state])).toEqual([[id, 'active']])
  return thrown
}

/** Installs version 2, or version 1 again. */
export async function reload(host: PluginHost, { id }: CatalogueEntry, plugin: BadVersion['plugin']): Promise<void> {
  const handle = host.plugin(id)
  if (handle === undefined) throw new Error(`plugin ${id} is not installed`)
  const { finalized } = await host.reload(handle, plugin)
  expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
}
