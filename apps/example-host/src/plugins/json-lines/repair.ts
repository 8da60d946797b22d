import type { FileHandle } from 'node:fs/promises'
import type { CdcLsn } from '@uni/reload-cdc'

const BLOCK_BYTES = 64 * 1024
const NEWLINE = 0x0a

/**
 * Where the lines below `lsn` end, in bytes. What follows is beyond the checkpoint, or a line torn by a crash. Reads
 * backwards, since what is beyond the checkpoint is little and the file may be large.
 *
 * @throws Error where a whole line is not one of this sink's.
 */
export async function endBelow(handle: FileHandle, lsn: CdcLsn, path: string): Promise<number> {
  const { size } = await handle.stat()
  let end = size
  for await (const { text, start, whole } of linesBackwards(handle, size)) {
    if (whole && startOf(text, path, start) < lsn) break
    end = start
  }
  return end
}

interface Line {
  readonly text: string
  /** The offset of its first byte. */
  readonly start: number
  /** Whether it ends with a newline. */
  readonly whole: boolean
}

async function* linesBackwards(handle: FileHandle, size: number): AsyncGenerator<Line> {
  /** What has been read from `from` on and not been given out. */
  let rest = Buffer.alloc(0)
  let whole = false
  for (let from = size; from > 0;) {
    const length = Math.min(BLOCK_BYTES, from)
    from -= length
    rest = Buffer.concat([await readAt(handle, from, length), rest])
    for (let newline = rest.lastIndexOf(NEWLINE); newline !== -1; newline = rest.lastIndexOf(NEWLINE)) {
      yield { text: rest.toString('utf8', newline + 1), start: from + newline + 1, whole }
      rest = rest.subarray(0, newline)
      whole = true
    }
  }
  yield { text: rest.toString('utf8'), start: 0, whole }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  for (let read = 0; read < length;) {
    const { bytesRead } = await handle.read(bytes, read, length - read, position + read)
    if (bytesRead === 0) throw new Error('the file became shorter while it was read')
    read += bytesRead
  }
  return bytes
}

/** The LSN at which the batch of a line starts, whichever version wrote the line. */
function startOf(line: string, path: string, at: number): CdcLsn {
  try {
    const { lsnStart } = JSON.parse(line) as { lsnStart?: unknown }
    if (typeof lsnStart === 'string' && /^\d+$/.test(lsnStart)) return BigInt(lsnStart)
  } catch {
    // Said below, with its place.
  }
  throw new Error(
    `${path} has a line at byte ${at} that is not of this sink: expected a JSON object with "lsnStart", found ` +
      `${line.slice(0, 40)}`,
  )
}
