import type { PluginIdentity } from '@uni/reload-core'
import type { MemoryProvider } from './contract.js'
import { Memory } from './memory.js'
import { readValue } from './read-value.js'

/** A value that was stored: what `image()` of its memory gave. */
export interface StoredMemory {
  readonly image: unknown
  /** The plugin that it was stored by, which `migrate` is told. */
  readonly from?: PluginIdentity | undefined
}

/**
 * Opens a value, new or stored, for `attach`: `open: openMemory()`, or `open: openMemory({ image })`. A stored one is
 * refused where the schema of the provider refuses it (`SchemaError`), or its `migrate` throws.
 */
export function openMemory<T, W>(stored?: StoredMemory): (provider: MemoryProvider<T, W>) => Promise<Memory<T, W>> {
  return async (provider) =>
    new Memory(
      provider,
      stored === undefined ? await provider.initial() : await readValue(provider, stored.image, stored.from),
    )
}
