import type { CdcLsn } from '@uni/reload-cdc'

/**
 * Positions of a log for one byte of WAL. A transaction that is too large for one batch is cut into several, and each
 * needs an end of its own between the start and the end of the commit record, which has 32 bytes or more.
 */
const PER_BYTE_BITS = 12n

/** An LSN of PostgreSQL, as a number of bytes of WAL. */
export type WalLsn = bigint

/** The position of a log at which what is committed at an LSN of PostgreSQL, such as `16/B374D848`, ends. */
export function positionOf(lsn: WalLsn | string): CdcLsn {
  return (typeof lsn === 'string' ? parseLsn(lsn) : lsn) << PER_BYTE_BITS
}

/** The last LSN at or below a position. */
export function lsnAt(position: CdcLsn): WalLsn {
  return position >> PER_BYTE_BITS
}

/** From PostgreSQL's way of writing an LSN: its upper and its lower 32 bits in hexadecimal. */
export function parseLsn(text: string): WalLsn {
  const [, upper, lower] = /^([\da-f]{1,8})\/([\da-f]{1,8})$/i.exec(text) ?? []
  if (upper === undefined || lower === undefined) throw new TypeError(`"${text}" is no LSN of PostgreSQL`)
  return (BigInt(`0x${upper}`) << 32n) | BigInt(`0x${lower}`)
}

export function formatLsn(lsn: WalLsn): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()
}
