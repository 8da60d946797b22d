import type { LogicalTypeProvider } from './contract.js'
import { describeType, type StorageType } from './storage-type.js'
import { assertWellFormed } from './well-formed.js'

/** The contract that stored columns of a logical type rely on, as plain data. */
export interface TypeContract {
  /** The Arrow extension name. */
  readonly name: string
  readonly storage: StorageType
  /** The Arrow extension metadata; empty where there is none, as the Arrow format does not tell the two apart. */
  readonly metadata: string
  readonly encodingVersion: string | undefined
}

/**
 * Reads a provider's contract.
 *
 * @throws TypeError that names what is malformed.
 */
export function contractOf({ name, arrowType, metadata, encodingVersion }: LogicalTypeProvider): TypeContract {
  if (typeof name !== 'string' || name === '') throw new TypeError('name: expected a non-empty string')
  const storage = describeType(arrowType)
  assertWellFormed(storage)
  return {
    name,
    storage,
    metadata: optionalText('metadata', metadata) ?? '',
    encodingVersion: optionalText('encodingVersion', encodingVersion),
  }
}

function optionalText(property: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new TypeError(`${property}: expected a string or nothing, found a value of type ${typeof value}`)
}
