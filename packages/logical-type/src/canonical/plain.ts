import { metadataObject, storedAs, withoutMetadata, type CanonicalProblem, type ExtensionForm } from './form.js'

/** `arrow.uuid`: 16 bytes, the most significant first. */
export function* uuid(form: ExtensionForm): Generator<CanonicalProblem> {
  const { storage } = form
  yield* storedAs(form, 'FixedSizeBinary of 16 bytes', storage.typeId === 'FixedSizeBinary' && storage.byteWidth === 16)
  yield* withoutMetadata(form)
}

/** `arrow.bool8`: one byte, where any value but 0 is true. */
export function* bool8(form: ExtensionForm): Generator<CanonicalProblem> {
  const { storage } = form
  yield* storedAs(
    form,
    'a signed Int of 8 bits',
    storage.typeId === 'Int' && storage.bitWidth === 8 && storage.isSigned,
  )
  yield* withoutMetadata(form)
}

/** `arrow.json`: JSON texts. The metadata is empty, or an empty object, which leaves room for later parameters. */
export function* json(form: ExtensionForm): Generator<CanonicalProblem> {
  const { storage, metadata, metadataPath } = form
  yield* storedAs(form, 'Utf8 or LargeUtf8', storage.typeId === 'Utf8' || storage.typeId === 'LargeUtf8')
  const object = metadataObject(form)
  if (metadata !== '' && (object === undefined || Object.keys(object).length > 0))
    yield { path: metadataPath, expected: 'no metadata, or {}', found: metadata }
}

/**
 * `arrow.opaque`: a type of another system that Arrow cannot interpret, in any storage, with that system's name for it.
 */
export function* opaque(form: ExtensionForm): Generator<CanonicalProblem> {
  const { metadata, metadataPath } = form
  const object = metadataObject(form)
  if (object === undefined) {
    yield { path: metadataPath, expected: 'a JSON object with type_name and vendor_name', found: metadata }
    return
  }
  for (const key of ['type_name', 'vendor_name']) {
    if (typeof object[key] !== 'string')
      yield { path: `${metadataPath}.${key}`, expected: 'a string', found: object[key] }
  }
}

/** `arrow.timestamp_with_offset`: the instant in UTC, and the offset of the local time, in minutes. */
export function* timestampWithOffset(form: ExtensionForm): Generator<CanonicalProblem> {
  const { storage, storagePath } = form
  const fields = storage.typeId === 'Struct' ? storage.children : []
  const [timestamp, offset] = fields
  if (fields.length !== 2 || timestamp?.name !== 'timestamp' || offset?.name !== 'offset_minutes') {
    yield { path: storagePath, expected: 'a Struct of timestamp and offset_minutes, in this order', found: storage }
  } else {
    for (const [index, { nullable }] of fields.entries()) {
      if (nullable) yield { path: `${storagePath}.children[${index}].nullable`, expected: 'false', found: true }
    }
    if (timestamp.type.typeId !== 'Timestamp' || timestamp.type.timezone !== 'UTC') {
      yield { path: `${storagePath}.children[0].type`, expected: 'a Timestamp of time zone UTC', found: timestamp.type }
    }
    const minutes = offset.type.typeId === 'Dictionary' ? offset.type.dictionary : offset.type
    if (minutes.typeId !== 'Int' || minutes.bitWidth !== 16 || !minutes.isSigned) {
      yield {
        path: `${storagePath}.children[1].type`,
        expected: 'a signed Int of 16 bits, or a Dictionary of such',
        found: offset.type,
      }
    }
  }
  yield* withoutMetadata(form)
}
