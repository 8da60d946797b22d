import { EventEmitter, once } from 'node:events'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MemoryCheckpointStore, type PumpEvent } from '../../src/index.js'
import { expectReplicated } from './support/audit.js'
import { BANK_TABLES, runBank } from './support/bank.js'
import { DecodedLog } from './support/decoded-log.js'
import { Replica, REPLICA_TABLES } from './support/replica.js'
import { startServer, type Server } from './support/server.js'
import { plugin, Wiring } from './support/wiring.js'

/** The load goes on as far as reloads have come, so that these are spread over it however slow either is. */
const COMMITS_PER_RELOAD = 60

let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

async function execute(sql: string): Promise<void> {
  const client = new Client(server.url)
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

it('I3 I4 I5 a commit log driven by pgoutput: reloads under load lose and repeat nothing in any stream', async () => {
  await execute(BANK_TABLES)
  await execute(REPLICA_TABLES)
  await using decoded = await DecodedLog.open(server.url, 'reloads', 'bank')
  const events: PumpEvent[] = []
  const streams = ['first', 'second']
  const begun = decoded.log.head
  const reloads: ('committed' | 'rolled back')[] = []
  {
    await using wiring = new Wiring(decoded.log, new MemoryCheckpointStore(), (event) => events.push(event))
    await wiring.host.add(plugin('1.0.0', new Replica(server.url, '1.0.0')))
    await Promise.all(streams.map((stream) => wiring.pump.start(stream, 'replica')))

    const loaded = new AbortController()
    const progress = new EventEmitter()
    const load = runBank(server.url, {
      clients: 4,
      transactions: 120,
      each: async (committed) => {
        while (reloads.length < Math.floor(committed / COMMITS_PER_RELOAD)) await once(progress, 'reload')
      },
    }).finally(() => loaded.abort())
    const headsAtReload: bigint[] = []
    for (let version = 2; !loaded.signal.aborted; version += 1) {
      await Promise.race([decoded.log.waitFor(headsAtReload.at(-1) ?? begun, loaded.signal).catch(() => {}), load])
      const next = new Replica(server.url, `${version}.0.0`)
      // Every third does not start, once it has opened what it needs.
      const fails = version % 3 === 0
      const failing = {
        name: next.name,
        start: async (ctx: Parameters<Replica['start']>[0]) => {
          await (await next.start(ctx)).shutdown()
          throw new Error('does not start')
        },
      }
      headsAtReload.push(decoded.log.head)
      await wiring.reload(plugin(`${version}.0.0`, fails ? failing : next)).then(
        () => reloads.push('committed'),
        () => reloads.push('rolled back'),
      )
      progress.emit('reload')
    }
    const { committed, head } = await load
    expect(committed).toBe(4 * 108)
    await decoded.reaches(head)
    await wiring.checkpointed(decoded.log.head)
    // Reloads at the end of the load only would show nothing.
    expect(new Set(headsAtReload).size).toBeGreaterThan(3)
  }
  expect(new Set(reloads)).toEqual(new Set(['committed', 'rolled back']))
  expect(events.filter(({ type }) => type === 'halted' || type === 'gap' || type === 'unclean')).toEqual([])
  expect(decoded.log.oldest).toBeGreaterThan(begun)
  for (const stream of streams) await expectReplicated(server.url, stream)
  await execute('DROP SCHEMA replica CASCADE; DROP PUBLICATION bank; DROP TABLE accounts, tellers, history')
})
