import { digestOf, type Digest } from '../digest.js'
import { versionName } from './store-layout.js'

const FORMAT = 1

/** JSON, whatever whoever puts a version into the store wants to know of it when it is started again. */
export type VersionNotes = Readonly<Record<string, unknown>>

/** What the store knows of a version: what its files are to contain, and what was noted with it. */
export interface VersionRecord {
  readonly id: string
  readonly version: string
  readonly code: Digest
  readonly map?: Digest
  /** The digest of the archive that it was built from, where it was, and which the store has unpacked. */
  readonly package?: Digest
  readonly notes: VersionNotes
}

/** The record as JSON, after the digest of that in a line of its own. */
export function encodeRecord(record: VersionRecord): string {
  const content = JSON.stringify({ format: FORMAT, ...record })
  return `${digestOf(content)}\n${content}\n`
}

/**
 * @param name of its file.
 * @returns what is wrong with it, as text, where it is not as it was written.
 */
export function decodeRecord(text: string, name: string): VersionRecord | string {
  const [digest = '', content = '', ...rest] = text.split('\n')
  if (rest.length !== 1 || rest[0] !== '' || digest !== digestOf(content)) return 'its record is not as it was written'
  const { format, ...record } = JSON.parse(content) as VersionRecord & { readonly format: unknown }
  if (format !== FORMAT) return `its record is of format ${String(format)}, and this version reads format ${FORMAT}`
  if (versionName(record.id, record.version) !== name) return `its record is that of ${record.id}@${record.version}`
  return record
}

/** All that has to be there for the version, by the names that holds have. */
export function partsOf({ code, map, package: unpacked }: Pick<VersionRecord, 'code' | 'map' | 'package'>): Digest[] {
  return [code, map, unpacked].filter((it) => it !== undefined)
}
