import type { Plugin } from '@uni/reload-core'
import { openMemory, type MemorySurface } from '@uni/reload-state'
import { providerOf } from '../../plugins/support/providers.js'
import { goldenFiles, type GoldenFile } from './golden-files.js'

/** The values in memory that all versions of a plugin stored: JSON, in which a map is told by its entries. */
export async function storedImages(plugin: string): Promise<unknown[]> {
  return (await goldenFiles(plugin)).map(
    ({ bytes }) => JSON.parse(new TextDecoder().decode(bytes), fromJson) as unknown,
  )
}

/** What a version stores once it has made these writes. */
export async function storeImage<T, W>(
  plugin: Plugin,
  surface: MemorySurface<T, W>,
  writes: readonly W[],
): Promise<GoldenFile> {
  const value = await openMemory<T, W>()(providerOf(plugin, surface))
  for (const write of writes) await value.apply(write)
  return {
    name: `${plugin.manifest.version}.json`,
    bytes: new TextEncoder().encode(`${JSON.stringify(value.image(), toJson)}\n`),
  }
}

const toJson = (_: string, value: unknown): unknown => (value instanceof Map ? { entries: [...value] } : value)

function fromJson(_: string, value: unknown): unknown {
  const isMap = typeof value === 'object' && value !== null && 'entries' in value && Array.isArray(value.entries)
  return isMap ? new Map(value.entries as [unknown, unknown][]) : value
}
