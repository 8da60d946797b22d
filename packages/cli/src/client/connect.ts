import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandError, EXIT } from '../exit-code.js'
import type { Io } from '../io.js'
import { AdminClient } from './admin-client.js'

export interface ConnectOptions {
  readonly url?: string | undefined
  readonly tokenFile?: string | undefined
}

const DEFAULT_URL = 'http://localhost:7070'
const DEFAULT_TOKEN_FILE = 'data/admin.token'

/** The token is never an argument, which others on the machine would see. @throws CommandError `usage`. */
export async function connect({ url, tokenFile }: ConnectOptions, io: Io): Promise<AdminClient> {
  const where = url ?? io.env['UNI_RELOAD_URL'] ?? DEFAULT_URL
  if (!URL.canParse(where)) throw new CommandError(EXIT.usage, `"${where}" is no URL`)
  return new AdminClient(where, await readToken(tokenFile, io), io.signal)
}

async function readToken(tokenFile: string | undefined, { cwd, env }: Io): Promise<string> {
  const given = env['UNI_RELOAD_TOKEN']
  if (tokenFile === undefined && given !== undefined) return given
  const file = resolve(cwd, tokenFile ?? env['UNI_RELOAD_TOKEN_FILE'] ?? DEFAULT_TOKEN_FILE)
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new CommandError(EXIT.usage, `the token cannot be read: ${(error as Error).message}`, {
      hint: 'Name the file that has it: --token-file, or UNI_RELOAD_TOKEN_FILE.',
    })
  }
}
