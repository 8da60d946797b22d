import { EventEmitter, once } from 'node:events'
import { MemoryCheckpointStore, type CdcStartContext, type PumpEvent } from '@uni/reload-cdc'
import { expect, it } from 'vitest'
import { PostgresCommitLog } from '../../src/index.js'
import { expectReplicated } from '../support/audit.js'
import { BANK_TABLES, runBank } from '../support/bank.js'
import { replica, REPLICA_TABLES } from '../support/replica.js'
import { execute, type Server } from '../support/server.js'
import { plugin, Wiring } from '../support/wiring.js'

/** The load goes on as far as reloads have come, so that these are spread over it however slow either is. */
const COMMITS_PER_RELOAD = 20

export function reloads(server: () => Server): void {
  it('I3 I4 I5 R1 reloads under load lose and repeat nothing, in any stream', async () => {
    const url = await server().database()
    await execute(url, BANK_TABLES, REPLICA_TABLES)
    await using log = await PostgresCommitLog.open({ connection: url, slot: 'reloads', publication: 'bank' })
    const events: PumpEvent[] = []
    const streams = ['first', 'second']
    const begun = log.head
    const reloads: ('committed' | 'rolled back')[] = []
    {
      await using wiring = new Wiring(log, new MemoryCheckpointStore(), (event) => events.push(event))
      await wiring.host.add(plugin('1.0.0', replica(url)))
      await Promise.all(streams.map((stream) => wiring.pump.start(stream, 'replica')))

      const loaded = new AbortController()
      const progress = new EventEmitter()
      const load = runBank(url, {
        clients: 4,
        transactions: 120,
        each: async (committed) => {
          while (reloads.length < Math.floor(committed / COMMITS_PER_RELOAD)) await once(progress, 'reload')
        },
      }).finally(() => loaded.abort())
      const headsAtReload: bigint[] = []
      for (let version = 2; !loaded.signal.aborted; version += 1) {
        await Promise.race([log.waitFor(headsAtReload.at(-1) ?? begun, loaded.signal).catch(() => {}), load])
        const next = replica(url)
        // Every third does not start, once it has opened what it needs.
        const fails = version % 3 === 0
        const failing = {
          name: next.name,
          start: async (ctx: CdcStartContext) => {
            await (await next.start(ctx)).shutdown()
            throw new Error('does not start')
          },
        }
        headsAtReload.push(log.head)
        await wiring.reload(plugin(`${version}.0.0`, fails ? failing : next)).then(
          () => reloads.push('committed'),
          () => reloads.push('rolled back'),
        )
        progress.emit('reload')
      }
      expect(await load).toBe(4 * 108)
      await wiring.checkpointed(await log.current())
      // Reloads at the end of the load only would show nothing.
      expect(new Set(headsAtReload).size).toBeGreaterThan(3)
    }
    expect(new Set(reloads)).toEqual(new Set(['committed', 'rolled back']))
    expect(events.filter(({ type }) => type === 'halted' || type === 'gap' || type === 'unclean')).toEqual([])
    expect(log.oldest).toBeGreaterThan(begun)
    for (const stream of streams) await expectReplicated(url, stream)
  })
}
