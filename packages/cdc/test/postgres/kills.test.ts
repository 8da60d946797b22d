import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectReplicated } from './support/audit.js'
import { BANK_TABLES, runBank } from './support/bank.js'
import { DecodedLog } from './support/decoded-log.js'
import { bundled, runUntil } from './support/killed-process.js'
import type { Replication } from './support/replicator-process.js'
import { REPLICA_TABLES } from './support/replica.js'
import { startServer, type Server } from './support/server.js'

/** When a life of the process ends: after the nth line of a kind. */
const KILLS = [
  ['checkpoint', 3],
  ['reloaded', 4],
  ['opened', 2],
] as const
const CLIENTS = 4
const TRANSACTIONS = 100

let server: Server
let directory: string

beforeAll(async () => {
  server = await startServer()
  directory = await mkdtemp(join(tmpdir(), 'cdc-checkpoints-'))
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

it('I4 I5 C16 from source to sink exactly once, though the process between them is killed three times', async () => {
  const client = new Client(server.url)
  await client.connect()
  await client.query(BANK_TABLES)
  await client.query(REPLICA_TABLES)
  // The slot has to be there before the first transaction that it is to send.
  await (await DecodedLog.open(server.url, 'killed', 'bank'))[Symbol.asyncDispose]()
  await using program = await bundled(join(import.meta.dirname, 'support/replicator-process.ts'))
  const run: Replication = { url: server.url, checkpoints: directory, streams: ['first', 'second'] }

  // Each life gets its part of the load, or an early one might see all of it.
  const lives = Array.from({ length: KILLS.length + 1 }, () => gate())
  const part = Math.ceil((CLIENTS * TRANSACTIONS) / lives.length)
  lives[0]?.open()
  const load = runBank(server.url, {
    clients: CLIENTS,
    transactions: TRANSACTIONS,
    each: async (committed) => await lives[Math.floor(committed / part)]?.opened,
  })
  const ends: string[] = []
  for (const [life, [kind, nth]] of KILLS.entries()) {
    let seen = 0
    const { end } = await runUntil(program.file, run, (line) => line.startsWith(kind) && (seen += 1) >= nth)
    ends.push(end)
    lives[life + 1]?.open()
  }
  const { head } = await load
  const { lines, end } = await runUntil(program.file, { ...run, until: String(head) }, () => false)
  expect([...ends, end]).toEqual([...KILLS.map(() => 'SIGKILL'), 'exit 0'])
  expect(lines).toContain('done')
  for (const stream of run.streams) await expectReplicated(server.url, stream)
  await client.end()
})

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
