import { join } from 'node:path'
import { PluginCallError } from '@uni/reload-core'
import {
  CdcPump,
  cdcOutput,
  MemoryCheckpointStore,
  MemoryCommitLog,
  type CdcBatch,
  type CdcStream,
  type PumpEvent,
} from '@uni/reload-cdc'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type Postgres } from '../../src/demo/postgres.js'
import { toBatch } from '../../src/host/document.js'
import type { BadVersion } from '../../src/plugins/catalogue.js'
import { postgresEntry } from '../../src/plugins/postgres/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { bundled, runUntil } from '../../../../packages/cdc-postgres/test/support/killed-process.js'
import { providerOf } from './support/providers.js'
import { commitAt, STREAMS, type SinkRun } from './support/run-sink.js'
import { inHaste, sinkSchema, storedIds } from './support/sink-schema.js'
import { tempDirectory } from './support/temp-directory.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const KEY = 'postgres-rows'
const { signal } = new AbortController()

let directory: Awaited<ReturnType<typeof tempDirectory>>
let server: Postgres

beforeAll(async () => {
  directory = await tempDirectory()
  server = await startPostgres(directory.path)
  await inHaste(server.connectionString)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

function batch(lsnStart: bigint, ...ids: readonly string[]): CdcBatch {
  return {
    lsnStart,
    lsnEnd: lsnStart + 1n,
    commitTimestamp: new Date(1_700_000_000_000),
    mutations: toBatch(ids.map((id) => ({ id, revision: 1, deleted: false, title: `title ${id}`, details: '' }))),
  }
}

describe('the postgres plugin', () => {
  async function start(connectionString: string, version: 'v1' | 'v2', fromLsn = 0n): Promise<CdcStream> {
    return await providerOf(postgresEntry(connectionString)[version](), cdcOutput).start({
      stream: 'orders',
      fromLsn,
      signal,
    })
  }

  it.each(['v1', 'v2'] as const)(
    '%s writes each mutation as a row, and version 2 says when it was committed',
    async (version) => {
      await using schema = await sinkSchema(server.connectionString)
      const stream = await start(schema.connectionString, version)
      await stream.deliver(batch(0n, 'a', 'b'))
      await stream.deliver(batch(1n, "ä€𝄞 '; DROP TABLE document_changes"))
      await stream.shutdown()
      const { rows } = await schema.admin.query('SELECT * FROM document_changes ORDER BY lsn_start, row_number')
      const at = version === 'v2' ? { committed_at: new Date(1_700_000_000_000) } : {}
      const row = (lsn: string, number: number, id: string): object => ({
        stream: 'orders',
        lsn_start: lsn,
        row_number: number,
        id,
        revision: 1,
        deleted: false,
        title: `title ${id}`,
        details: '',
        ...at,
      })
      expect(rows).toEqual([row('0', 0, 'a'), row('0', 1, 'b'), row('1', 0, "ä€𝄞 '; DROP TABLE document_changes")])
      expect((await schema.admin.query('SELECT * FROM document_streams')).rows).toEqual([
        { stream: 'orders', lsn: '2' },
      ])
    },
  )

  it.each(['v1', 'v2'] as const)(
    '%s says that rows which PostgreSQL does not take will not do better next time',
    async (version) => {
      await using schema = await sinkSchema(server.connectionString)
      const stream = await start(schema.connectionString, version)
      await stream.deliver(batch(0n, 'a'))
      const error: unknown = await Promise.resolve(stream.deliver(batch(1n, 'b', 'nul \u0000 byte'))).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(PluginCallError)
      expect(error).toMatchObject({
        retryable: false,
        message: expect.stringContaining('does not take a row of the batch at LSN 1'),
      })
      expect(await stream.checkpoint()).toBe(1n)
      await stream.deliver(batch(1n, 'b'))
      await stream.shutdown()
      expect(await storedIds(schema, 'orders')).toEqual(['a', 'b'])
    },
  )

  it('I4 a predecessor that is still at work comes before its successor or not at all', async () => {
    await using schema = await sinkSchema(server.connectionString)
    const old = await start(schema.connectionString, 'v1')
    await old.deliver(batch(0n, 'a'))
    // As a process that was cut off, and goes on.
    const next = await start(schema.connectionString, 'v2', 1n)
    await Promise.all([old.deliver(batch(1n, 'b')), next.deliver(batch(1n, 'b'))])
    await next.deliver(batch(2n, 'c'))
    // The late one is behind: its next batch is there already.
    await old.deliver(batch(2n, 'c'))
    await Promise.all([old.shutdown(), next.shutdown()])
    expect(await storedIds(schema, 'orders')).toEqual(['a', 'b', 'c'])
  })

  it('refuses a host that does not name its streams, and a database that is not there, and holds no connection then', async () => {
    await using schema = await sinkSchema(server.connectionString)
    const provider = providerOf(postgresEntry(schema.connectionString).v2(), cdcOutput)
    await expect(provider.start({ signal })).rejects.toThrow('the host gave none')
    await expect(
      provider.start({ stream: 'orders', signal: AbortSignal.abort(new Error('too late')) }),
    ).rejects.toThrow('too late')
    const nowhere = new URL(schema.connectionString)
    nowhere.pathname = '/nowhere'
    await expect(start(nowhere.href, 'v2')).rejects.toThrow('database "nowhere" does not exist')
    // `end` sends a farewell, which the server need not have read yet.
    await expect
      .poll(
        async () =>
          (await schema.admin.query('SELECT 1 FROM pg_stat_activity WHERE usename = $1', [schema.name])).rowCount,
      )
      .toBe(0)
  })

  const faults = ['fails in the middle of its migration', 'starts a stream without checkpoint']

  it.each(faults)('I3 a version that %s is turned away, and the table is what it was', async (fault) => {
    await using schema = await sinkSchema(server.connectionString)
    const entry = postgresEntry(schema.connectionString)
    expect(entry.bad().map((version) => version.fault)).toEqual(faults)
    const bad = entry.bad().find((version) => version.fault === fault) as BadVersion
    const log = new MemoryCommitLog()
    await using host = await hostWith(entry.v1(), { log })
    const { pump, caughtUp } = pumping(host, log)
    await pump.start('orders', KEY)
    log.append(batch(0n, 'a').mutations)
    await caughtUp()
    await expectTurnedAway(host, entry, bad)
    expect(servingVersion(host, cdcOutput, KEY)).toBe('1.0.0')
    log.append(batch(1n, 'b').mutations)
    await caughtUp()
    await pump.stop()
    expect(await storedIds(schema, 'orders')).toEqual(['a', 'b'])
    const { rows } = await schema.admin.query<{ type: string }>(
      "SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'document_changes'::regclass AND attname IN ('id', 'details') AND NOT attisdropped",
    )
    expect(rows).toEqual([{ type: 'text' }, { type: 'text' }])
    await expect
      .poll(
        async () =>
          (await schema.admin.query('SELECT 1 FROM pg_stat_activity WHERE usename = $1', [schema.name])).rowCount,
      )
      .toBe(0)
  })

  it('I4 three streams: each row once and in order, through reloads and connections that are cut', async () => {
    await using schema = await sinkSchema(server.connectionString)
    const entry = postgresEntry(schema.connectionString)
    const log = new MemoryCommitLog()
    await using host = await hostWith(entry.v1(), { log })
    const { pump, events, caughtUp } = pumping(host, log)
    const streams = ['one', 'two', 'three']
    await Promise.all(streams.map((stream) => pump.start(stream, KEY)))
    const expected: string[] = []
    for (let round = 0; round < 12; round += 1) {
      for (let commit = 0; commit < 5; commit += 1) {
        const ids = commitAt(round * 5 + commit).map(({ id }) => id)
        expected.push(...ids)
        log.append(batch(0n, ...ids).mutations)
      }
      if (round % 3 === 1) await schema.kill()
      else await reload(host, entry, round % 2 === 0 ? entry.v2() : entry.v1())
    }
    await caughtUp()
    await pump.stop()
    for (const stream of streams) expect(await storedIds(schema, stream)).toEqual(expected)
    expect(events.some(({ type }) => type === 'retry')).toBe(true)
    expect(events.filter(({ type }) => type === 'halted' || type === 'gap')).toEqual([])
  })
})

it('I4 exactly once in the table, though the process is killed five times at whatever it is doing', async () => {
  await using schema = await sinkSchema(server.connectionString)
  await using checkpoints = await tempDirectory()
  await using program = await bundled(join(import.meta.dirname, 'support/sink-process.mjs'))
  const run: SinkRun = { connectionString: schema.connectionString, checkpoints: checkpoints.path, commits: 120 }
  const all = Array.from({ length: run.commits }, (_, at) => commitAt(at).map(({ id }) => id)).flat()

  const kills: string[] = []
  // At a checkpoint, in a reload, as a stream is opened: after the nth line of its kind.
  for (const [kind, nth] of [
    ['checkpoint', 3],
    ['reloaded', 2],
    ['opened', 2],
    ['reloaded', 5],
    ['checkpoint', 12],
  ] as const) {
    let seen = 0
    const { lines, end } = await runUntil(program.file, run, (line) => line.startsWith(kind) && (seen += 1) >= nth)
    kills.push(end)
    // A kill that comes too late proves nothing.
    expect(lines).not.toContain('done')
    for (const stream of STREAMS) {
      const stored = await storedIds(schema, stream)
      expect(stored).toEqual(all.slice(0, stored.length))
    }
  }
  const { lines, end } = await runUntil(program.file, run, () => false)
  expect([...kills, end]).toEqual([...Array.from({ length: 5 }, () => 'SIGKILL'), 'exit 0'])
  expect(lines).toContain('done')
  for (const stream of STREAMS) expect(await storedIds(schema, stream)).toEqual(all)
})

function pumping(
  host: ConstructorParameters<typeof CdcPump>[0]['host'],
  log: MemoryCommitLog,
): { pump: CdcPump; events: PumpEvent[]; caughtUp(): Promise<void> } {
  const events: PumpEvent[] = []
  let wake = (): void => {}
  const pump = new CdcPump({
    host,
    log,
    checkpoints: new MemoryCheckpointStore(),
    checkpointEvery: 3,
    retry: { initialMs: 1, maxMs: 20 },
    onEvent: (event) => {
      events.push(event)
      wake()
    },
  })
  return {
    pump,
    events,
    async caughtUp() {
      while (pump.status().some(({ checkpoint }) => checkpoint !== log.head))
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    },
  }
}
