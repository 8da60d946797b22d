/**
 * An image is one file: of each shard what USearch saved and the table of its documents, the lengths of the two (64
 * bits each) for each shard, and a trailer: the number of shards and the format of the tables (32 bits each), the
 * CRC-32 of all before it, and the magic. Numbers are big-endian. The trailer comes last, so that a file that was torn
 * has none.
 */
export const MAGIC = Buffer.from('UNIVEC01')
export const LENGTHS_BYTES = 16
export const TRAILER_BYTES = 20
/** Of these bytes the trailer has no checksum: those of the checksum, and of the magic. */
export const UNCHECKED_BYTES = 4 + MAGIC.byteLength
