import type { StorageField, StorageType } from '../storage-type.js'
import { withoutMetadata, type CanonicalProblem, type ExtensionForm } from './form.js'

/** `arrow.parquet.variant`: values of any type in Parquet's encoding, some of which are shredded into typed columns. */
export function* variant(form: ExtensionForm): Generator<CanonicalProblem> {
  const { storage, storagePath } = form
  const index = storage.typeId === 'Struct' ? storage.children.findIndex(({ name }) => name === 'metadata') : -1
  const metadata = storage.typeId === 'Struct' ? storage.children[index] : undefined
  if (storage.typeId !== 'Struct' || metadata === undefined) {
    yield { path: storagePath, expected: 'a Struct of metadata, and of value or typed_value or both', found: storage }
  } else {
    const path = `${storagePath}.children[${index}]`
    if (metadata.nullable) yield { path: `${path}.nullable`, expected: 'false', found: true }
    const bytes = metadata.type.typeId === 'Dictionary' ? metadata.type.dictionary : metadata.type
    if (!isBinary(bytes))
      yield { path: `${path}.type`, expected: 'Binary or LargeBinary, or a Dictionary of such', found: metadata.type }
    yield* shredded(storage.children, storagePath, new Set(['metadata']))
  }
  yield* withoutMetadata(form)
}

/** A value in its encoding (`value`), in typed columns (`typed_value`), or in parts of both. */
function* shredded(
  fields: readonly StorageField[],
  path: string,
  others: ReadonlySet<string>,
): Generator<CanonicalProblem> {
  const names = fields.map(({ name }) => name)
  if (!names.includes('value') && !names.includes('typed_value'))
    yield { path, expected: 'a field value or typed_value, or both', found: names }
  for (const [index, { name, type, metadata }] of fields.entries()) {
    const at = `${path}.children[${index}]`
    if (names.indexOf(name) !== index) yield { path: `${at}.name`, expected: 'each name once', found: name }
    else if (name === 'value') {
      if (!isBinary(type)) yield { path: `${at}.type`, expected: 'Binary or LargeBinary', found: type }
    } else if (name === 'typed_value')
      yield* typedValue(type, `${at}.type`, metadata['ARROW:extension:name'] === 'arrow.uuid')
    else if (!others.has(name)) yield { path: `${at}.name`, expected: 'value or typed_value', found: name }
  }
}

/** @param isUuid whether the field is an `arrow.uuid`. */
function* typedValue(type: StorageType, path: string, isUuid: boolean): Generator<CanonicalProblem> {
  if (type.typeId !== 'List' && type.typeId !== 'Struct') {
    if (!isUuid && !isVariantPrimitive(type)) yield { path, expected: 'a type that Parquet variants have', found: type }
    return
  }
  for (const [index, { nullable, type: inner }] of type.children.entries()) {
    const at = `${path}.children[${index}]`
    if (nullable) yield { path: `${at}.nullable`, expected: 'false', found: true }
    if (inner.typeId === 'Struct') yield* shredded(inner.children, `${at}.type`, new Set())
    else yield { path: `${at}.type`, expected: 'a Struct of value or typed_value or both', found: inner }
  }
}

function isBinary({ typeId }: StorageType): boolean {
  return typeId === 'Binary' || typeId === 'LargeBinary'
}

function isVariantPrimitive(type: StorageType): boolean {
  switch (type.typeId) {
    case 'Null':
    case 'Bool':
    case 'Utf8':
    case 'LargeUtf8':
    case 'Binary':
    case 'LargeBinary':
      return true
    case 'Int':
      return type.isSigned || type.bitWidth < 64
    case 'Float':
      return type.precision !== 'HALF'
    case 'Decimal':
      return type.bitWidth <= 128
    case 'Date':
      return type.unit === 'DAY'
    case 'Time':
      return type.bitWidth === 64
    case 'Timestamp':
      return (
        (type.unit === 'MICROSECOND' || type.unit === 'NANOSECOND') &&
        (type.timezone === null || type.timezone === 'UTC')
      )
    default:
      return false
  }
}
