import { fieldCount, MAX_FIELDS } from '../field-count.js'
import type { StorageField, StorageType } from '../storage-type.js'
import type { TypeContract } from '../type-contract.js'
import type { CanonicalProblem, CanonicalRule, ExtensionForm } from './form.js'
import { bool8, json, opaque, timestampWithOffset, uuid } from './plain.js'
import { fixedShapeTensor, variableShapeTensor } from './tensors.js'
import { variant } from './variant.js'

/**
 * The rules of Arrow's canonical extension types, by name.
 * Source: https://arrow.apache.org/docs/format/CanonicalExtensions.html
 */
const RULES: Readonly<Record<string, CanonicalRule>> = {
  'arrow.bool8': bool8,
  'arrow.fixed_shape_tensor': fixedShapeTensor,
  'arrow.json': json,
  'arrow.opaque': opaque,
  'arrow.parquet.variant': variant,
  'arrow.timestamp_with_offset': timestampWithOffset,
  'arrow.uuid': uuid,
  'arrow.variable_shape_tensor': variableShapeTensor,
}

/** Only Arrow gives names that begin so. */
const RESERVED = 'arrow.'

/**
 * What is wrong with the contract of a canonical extension type, or with one in a field of its storage. Empty for a
 * type of the host's own.
 */
export function canonicalProblems(contract: TypeContract): CanonicalProblem[] {
  const fields = fieldCount(contract.storage)
  if (fields > MAX_FIELDS && Object.hasOwn(RULES, contract.name)) {
    return [{ path: 'storage', expected: `at most ${MAX_FIELDS} fields in depth`, found: fields }]
  }
  return [...extensionsOf(contract)].flatMap((form) =>
    Object.hasOwn(RULES, form.name) ? [...(RULES[form.name] as CanonicalRule)(form)] : [],
  )
}

/** Names in Arrow's namespace for which there is no rule here, so that the contract cannot be checked. */
export function unknownReservedNames(contract: TypeContract): string[] {
  return [...extensionsOf(contract)]
    .map(({ name }) => name)
    .filter((name) => name.startsWith(RESERVED) && !Object.hasOwn(RULES, name))
}

/** The extension type of the contract, and those of fields of its storage. */
function* extensionsOf({ name, storage, metadata }: TypeContract): Generator<ExtensionForm> {
  yield { name, storage, metadata, storagePath: 'storage', metadataPath: 'metadata' }
  // Where types share parts, the storage may have more fields than can be looked at.
  if (fieldCount(storage) <= MAX_FIELDS) yield* extensionsWithin(storage, 'storage')
}

function* extensionsWithin(storage: StorageType, path: string): Generator<ExtensionForm> {
  if (storage.typeId === 'Dictionary') yield* extensionsWithin(storage.dictionary, `${path}.dictionary`)
  if (!('children' in storage)) return
  for (const [index, field] of storage.children.entries()) yield* extensionsOfField(field, `${path}.children[${index}]`)
}

function* extensionsOfField({ type, metadata }: StorageField, path: string): Generator<ExtensionForm> {
  const name = metadata['ARROW:extension:name']
  if (name !== undefined) {
    yield {
      name,
      storage: type,
      metadata: metadata['ARROW:extension:metadata'] ?? '',
      storagePath: `${path}.type`,
      metadataPath: `${path}.metadata["ARROW:extension:metadata"]`,
    }
  }
  yield* extensionsWithin(type, `${path}.type`)
}
