import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PostgresCommitLog } from '../../src/index.js'
import { expectReplicated } from '../support/audit.js'
import { BANK_TABLES, runBank } from '../support/bank.js'
import { bundled, runUntil } from '../support/killed-process.js'
import { REPLICA_TABLES } from '../support/replica.js'
import type { Replication } from '../support/replicator-process.js'
import { execute, type Server } from '../support/server.js'

/** When a life of the process ends: after the nth line of a kind. */
const KILLS = [
  ['checkpoint', 3],
  ['reloaded', 4],
  ['opened', 2],
] as const
const CLIENTS = 4
const TRANSACTIONS = 100

export function kills(server: () => Server): void {
  it('I4 I5 R1 S5 from source to sink exactly once, though the process between them is killed three times', async () => {
    const url = await server().database()
    await execute(url, BANK_TABLES, REPLICA_TABLES)
    // The slot has to be there before the first transaction that it is to send.
    await (await PostgresCommitLog.open({ connection: url, slot: 'killed', publication: 'bank' })).close()
    await using program = await bundled(join(import.meta.dirname, '../support/replicator-process.ts'))
    const run: Replication = { url, slot: 'killed', streams: ['first', 'second'] }

    // Each life gets its part of the load, or an early one might see all of it.
    const lives = Array.from({ length: KILLS.length + 1 }, () => gate())
    const part = Math.ceil((CLIENTS * TRANSACTIONS) / lives.length)
    lives[0]?.open()
    const load = runBank(url, {
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
    await load
    const { lines, end } = await runUntil(program.file, { ...run, ends: true }, () => false)
    expect([...ends, end]).toEqual([...KILLS.map(() => 'SIGKILL'), 'exit 0'])
    expect(lines).toContain('done')
    for (const stream of run.streams) await expectReplicated(url, stream)
  })
}

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
