import type { LogicalTypeProvider } from './contract.js'
import { fieldCount, MAX_FIELDS } from './field-count.js'
import { parseExactJson } from './json.js'
import type { StorageType } from './storage-type.js'
import { contractOf, type TypeContract } from './type-contract.js'

/** One difference between two versions of a logical type. */
export interface ContractDifference {
  /** Where, such as `storage.children[0].nullable`, `metadata.unit` or `samples["12.50"].literal`. */
  readonly path: string
  /** The old part; `undefined` where there was none. */
  readonly old: unknown
  readonly new: unknown
}

/**
 * The differences of two contracts in extension name, storage type in depth, metadata (as JSON where both are), and
 * encoding version. Empty where they are the same. Arrow's `compareTypes` is not used, as it ignores a decimal's
 * precision and scale and every field's metadata, and compares dictionary ids, which are serial numbers.
 *
 * @throws TypeError where a contract is malformed.
 */
export function diffContract(old: LogicalTypeProvider, next: LogicalTypeProvider): ContractDifference[] {
  return compareContracts(contractOf(old), contractOf(next))
}

/** As {@link diffContract}, for contracts that were read already. */
export function compareContracts(old: TypeContract, next: TypeContract): ContractDifference[] {
  return [
    ...compareValues('name', old.name, next.name),
    ...compareValues('storage', old.storage, next.storage, readExtensionOfField),
    ...compareValues('metadata', ...readMetadata(old.metadata, next.metadata)),
    ...compareValues('encodingVersion', old.encodingVersion, next.encodingVersion),
  ]
}

/** Reads the two values of a key before they are compared. */
type ReadPair = (key: string, old: unknown, next: unknown) => readonly [old: unknown, next: unknown]

/** Both as JSON values where both are JSON, otherwise as text. */
function readMetadata(old: string, next: string): readonly [old: unknown, next: unknown] {
  const [oldJson, nextJson] = [parseExactJson(old), parseExactJson(next)]
  return oldJson === undefined || nextJson === undefined ? [old, next] : [oldJson.value, nextJson.value]
}

/** Metadata of an extension type within the storage is read as that of the type itself. */
const readExtensionOfField: ReadPair = (key, old, next) =>
  key === 'ARROW:extension:metadata' && typeof old === 'string' && typeof next === 'string'
    ? readMetadata(old, next)
    : [old, next]

const asTheyAre: ReadPair = (_, old, next) => [old, next]

/** The most that are listed: where types share a part, one difference in it shows in any number of places. */
const MOST = 1000

/**
 * The first 1,000 differences of plain data in depth.
 *
 * @param path the place of the two, for the report.
 */
export function compareValues(path: string, old: unknown, next: unknown, read = asTheyAre): ContractDifference[] {
  const found: ContractDifference[] = []
  for (const difference of differences(path, old, next, read, new Map())) if (found.push(difference) === MOST) break
  return found
}

/** @param equal pairs that were found equal, so that shared parts are compared once. */
function* differences(
  path: string,
  old: unknown,
  next: unknown,
  read: ReadPair,
  equal: Map<unknown, Set<unknown>>,
): Generator<ContractDifference> {
  if (old === next || equal.get(old)?.has(next) === true) return
  const parts = partsOf(old, next, read)
  if (parts === undefined) {
    yield { path, old: bounded(old), new: bounded(next) }
    return
  }
  let same = true
  for (const [at, before, after] of parts) {
    for (const difference of differences(`${path}${at}`, before, after, read, equal)) {
      same = false
      yield difference
    }
  }
  if (same) equal.set(old, (equal.get(old) ?? new Set()).add(next))
}

/**
 * The parts of two arrays, or of two objects, by the step to each; `undefined` where the two have no parts to compare.
 */
function partsOf(
  old: unknown,
  next: unknown,
  read: ReadPair,
): (readonly [at: string, old: unknown, next: unknown])[] | undefined {
  if (Array.isArray(old) && Array.isArray(next)) {
    return Array.from({ length: Math.max(old.length, next.length) }, (_, index) => [
      `[${index}]`,
      old[index],
      next[index],
    ])
  }
  if (!isRecord(old) || !isRecord(next)) return undefined
  // If two Arrow types are of different families, their widths and units need not be listed.
  const keys =
    'typeId' in old && 'typeId' in next && old.typeId !== next.typeId
      ? ['typeId']
      : new Set([...Object.keys(old), ...Object.keys(next)])
  return Array.from(keys, (key) => [step(key), ...read(key, own(old, key), own(next, key))])
}

/** A type with more fields than anybody can read is named by their number. */
function bounded(value: unknown): unknown {
  if (!isRecord(value)) return value
  const type = 'typeId' in value ? value : value['type']
  if (!isRecord(type) || !('typeId' in type)) return value
  const fields = fieldCount(type as unknown as StorageType)
  return fields > MAX_FIELDS ? { typeId: type.typeId, fields } : value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Without inherited members, as metadata may have such a key. */
function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function step(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
