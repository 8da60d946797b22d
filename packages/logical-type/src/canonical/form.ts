import type { StorageType } from '../storage-type.js'

/** An extension type, and the paths of its parts in the contract, for messages. */
export interface ExtensionForm {
  readonly name: string
  readonly storage: StorageType
  readonly metadata: string
  /** Such as `storage` or `storage.children[0].type`. */
  readonly storagePath: string
  /** Such as `metadata`. */
  readonly metadataPath: string
}

/** A part of a type that its canonical name does not allow. */
export interface CanonicalProblem {
  /** The part, such as `storage`, `storage.children[1].type` or `metadata.shape`. */
  readonly path: string
  /** What the name requires, in words. */
  readonly expected: string
  readonly found: unknown
}

/** Finds what is wrong with the storage and metadata of one canonical name. */
export type CanonicalRule = (form: ExtensionForm) => Iterable<CanonicalProblem>

export function* storedAs(
  { storage, storagePath }: ExtensionForm,
  expected: string,
  holds: boolean,
): Generator<CanonicalProblem> {
  if (!holds) yield { path: storagePath, expected, found: storage }
}

export function* withoutMetadata({ metadata, metadataPath }: ExtensionForm): Generator<CanonicalProblem> {
  if (metadata !== '') yield { path: metadataPath, expected: 'no metadata', found: metadata }
}

/** The metadata as a JSON object; `undefined` where it is none. */
export function metadataObject({ metadata }: ExtensionForm): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(metadata)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
