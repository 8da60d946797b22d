import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { describeThrown } from '@uni/reload-core'
import { LoadError } from '../errors.js'
import { archiveError } from './archive-error.js'
import type { CheckedLimits } from './limits.js'

/** Reads an archive into memory. @throws LoadError `NOT_FOUND`, `ARCHIVE` where it is no regular file, or too long. */
export async function readArchive(file: string, { packedBytes }: CheckedLimits): Promise<Buffer> {
  // A named pipe would have to be written to before it is open.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) => {
    throw new LoadError('NOT_FOUND', `there is no packed plugin that can be read: ${describeThrown(cause)}`, {
      place: { file },
      hint: 'Name an archive as npm pack makes it.',
      cause,
    })
  })
  await using _ = handle
  const found = await handle.stat()
  if (!found.isFile()) throw archiveError(file, 'it is no regular file', 'Name an archive as npm pack makes it.')
  if (found.size > packedBytes) {
    throw archiveError(
      file,
      `it has ${found.size} bytes, and ${packedBytes} are the limit`,
      'Nothing of it was read. If that is meant, raise the limits.',
    )
  }
  const bytes = Buffer.alloc(found.size)
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
  return bytes.subarray(0, bytesRead)
}
