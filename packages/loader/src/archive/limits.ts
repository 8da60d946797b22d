import { option, type OptionChecks } from '@uni/reload-core'

/**
 * How much a packed plugin may hold. It is read into memory whole, and nothing of it is written before all is checked.
 */
export interface ArchiveLimits {
  /** Bytes of the archive. Default: 64 MiB. */
  readonly packedBytes?: number | undefined
  /** Bytes of the tar file in it, the headers of its entries among them. Default: 256 MiB. */
  readonly bytes?: number | undefined
  /** How many times larger than the archive that may be, from 1 MiB on. Default: 100. */
  readonly ratio?: number | undefined
  /** Files and folders. Default: 20,000. */
  readonly entries?: number | undefined
}

const MIB = 1024 * 1024

export const LIMITS: OptionChecks<ArchiveLimits> = {
  packedBytes: option.integer(1),
  bytes: option.integer(1),
  ratio: option.from(1),
  entries: option.integer(1),
}

export type CheckedLimits = { readonly [K in keyof ArchiveLimits]-?: number }

export function archiveLimits(given: ArchiveLimits = {}): CheckedLimits {
  const { packedBytes = 64 * MIB, bytes = 256 * MIB, ratio = 100, entries = 20_000 } = given
  return { packedBytes, bytes, ratio, entries }
}

/** How long the tar file in an archive of `packed` bytes may be, and why. */
export function unpackedLimit(packed: number, { bytes, ratio }: CheckedLimits): { bytes: number; reason: string } {
  const byRatio = Math.max(MIB, Math.floor(packed * ratio))
  return byRatio < bytes
    ? { bytes: byRatio, reason: `it grows to more than ${ratio} times its ${packed} bytes` }
    : { bytes, reason: `it has more than ${bytes} bytes when it is unpacked` }
}
