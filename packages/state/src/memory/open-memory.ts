import type { PluginIdentity } from '@uni/reload-core'
import type { MemoryProvider } from './contract.js'
import { Memory } from './memory.js'
import { readValue } from './read-value.js'

/** A value that was stored, from `image()` of its memory. */
export interface StoredMemory {
  readonly image: unknown
  /** The plugin that stored it, for `migrate`. */
  readonly from?: PluginIdentity | undefined
}

/**
 * Opens a value, new or stored, for `attach`: `open: openMemory()`, or `open: openMemory({ image })`. A stored value
 * that the provider's schema refuses rejects with `SchemaError`; what `migrate` throws rejects, too.
 */
export function openMemory<T, W>(stored?: StoredMemory): (provider: MemoryProvider<T, W>) => Promise<Memory<T, W>> {
  return async (provider) =>
    new Memory(
      provider,
      stored === undefined ? await provider.initial() : await readValue(provider, stored.image, stored.from),
    )
}
