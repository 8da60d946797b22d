import type { StorageType } from '../storage-type.js'

/** An extension type as a field of a column says it, and where its parts stand in the contract. */
export interface ExtensionForm {
  readonly name: string
  readonly storage: StorageType
  readonly metadata: string
  /** Such as `storage` or `storage.children[0].type`. */
  readonly storagePath: string
  /** Such as `metadata`. */
  readonly metadataPath: string
}

/** Something that a type of a canonical name has otherwise than that name says. */
export interface CanonicalProblem {
  /** Where, such as `storage`, `storage.children[1].type` or `metadata.shape`. */
  readonly path: string
  /** What has to be there, in words. */
  readonly expected: string
  readonly found: unknown
}

/** The storage and metadata that one canonical name stands for. */
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

/** The metadata as a JSON object; undefined where it is none. */
export function metadataObject({ metadata }: ExtensionForm): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(metadata)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
