import { MemoryCheckpointStore, type PumpEvent } from '@uni/reload-cdc'
import { describe, expect, it } from 'vitest'
import { PostgresCommitLog } from '../../src/index.js'
import { expectReplicated } from '../support/audit.js'
import { BANK_TABLES, runBank } from '../support/bank.js'
import { REPLICA_TABLES, replica } from '../support/replica.js'
import { execute, Server } from '../support/server.js'
import { plugin, Wiring } from '../support/wiring.js'

/** With a server of its own, as it ends. */
export function servers(): void {
  describe('a server', () => {
    it('R6 I4 that is killed, and one that is shut down and started again, loses and repeats nothing', async () => {
      // What was committed is to be there after a kill.
      await using server = await Server.start({ synchronous_commit: 'on' })
      const url = await server.database()
      await execute(url, BANK_TABLES, REPLICA_TABLES)
      const events: PumpEvent[] = []
      {
        await using log = await PostgresCommitLog.open({ connection: url, slot: 'killed', publication: 'bank' })
        await using wiring = new Wiring(log, new MemoryCheckpointStore(), (event) => events.push(event))
        await wiring.host.add(plugin('1.0.0', replica(url)))
        await wiring.pump.start('first', 'replica', { retry: { attempts: Infinity, maxMs: 100 } })
        for (const [at, end] of (['kill', 'stop', undefined] as const).entries()) {
          await runBank(url, { clients: 2, transactions: 10, first: at * 10 })
          // What was received is not all stored, and of what is stored not all is acknowledged.
          if (end === undefined) break
          await server[end]()
          await server.start()
        }
        await wiring.checkpointed(await log.current())
      }
      expect(events.filter(({ type }) => type === 'halted' || type === 'gap')).toEqual([])
      await expectReplicated(url, 'first')
    })
  })
}
