import { randomBytes, randomUUID } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface AdminToken {
  readonly token: string
  /** Whether it was made now: show it once. */
  readonly isNew: boolean
}

/** Reads a host's token, and makes one when there is none, in a file that its owner alone can read (0600). */
export async function adminToken(file: string): Promise<AdminToken> {
  await mkdir(dirname(file), { recursive: true })
  const token = randomBytes(32).toString('base64url')
  const made = `${file}.${randomUUID()}`
  await writeFile(made, `${token}\n`, { mode: 0o600, flush: true })
  try {
    // Of two processes that start at once, one makes it, and the other finds it whole.
    await link(made, file)
    return { token, isNew: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(made)
  }
  const read = (await readFile(file, 'utf8')).trim()
  if (read.length < 32) {
    throw new Error(`${file} has no token of at least 32 characters: remove the file, and a new one is made`)
  }
  await chmod(file, 0o600)
  return { token: read, isNew: false }
}
