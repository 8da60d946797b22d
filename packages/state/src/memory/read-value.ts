import type { PluginIdentity } from '@uni/reload-core'
import { conform } from '../schema/conform.js'
import type { MemoryProvider } from './contract.js'
import { valueIn } from './image.js'

/**
 * The value of an image for `provider`: decoded, migrated, and checked against the schema.
 *
 * @param from the version that the image was taken of.
 * @throws SchemaError where the schema refuses it; what `migrate` throws.
 */
export async function readValue<T, W>(
  provider: MemoryProvider<T, W>,
  image: unknown,
  from: PluginIdentity | undefined,
): Promise<T> {
  const value = valueIn(provider, image)
  const migrated = provider.migrate === undefined ? value : await provider.migrate(value, from)
  return provider.schema === undefined ? (migrated as T) : await conform(provider.schema, migrated)
}
