import { ManualClock } from '@uni/reload-core/testing'
import { MemoryCheckpointStore, type CdcLsn } from '@uni/reload-cdc'
import { describe, expect, it } from 'vitest'
import { PostgresCommitLog, type PostgresCommitLogOptions, type PostgresLogEvent } from '../../src/index.js'
import { collect, idsOf } from '../support/collect.js'
import { REPLICA_TABLES, replica } from '../support/replica.js'
import { execute, type Server } from '../support/server.js'
import { plugin, Wiring } from '../support/wiring.js'

const never = new AbortController().signal

export function slots(server: () => Server): void {
  const source = async (): Promise<string> => {
    const url = await server().database()
    await execute(url, 'CREATE TABLE t (id integer)', 'CREATE PUBLICATION p FOR ALL TABLES')
    return url
  }
  const open = (
    connection: string,
    slot: string,
    more: Partial<PostgresCommitLogOptions> = {},
  ): Promise<PostgresCommitLog> => PostgresCommitLog.open({ connection, slot, publication: 'p', ...more })
  const lose = (url: string, slot: string): Promise<unknown> =>
    execute(url, `SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = '${slot}'`)

  describe('a slot', () => {
    it('R7 has one reader: the next waits for it, and goes on where the checkpoints are', async () => {
      const url = await source()
      const first = await open(url, 'handed')
      await expect(open(url, 'handed', { whenInUseMs: 1 })).rejects.toMatchObject({
        code: 'SLOT_IN_USE',
        retryable: true,
      })
      const aborted = new AbortController()
      const given = open(url, 'handed', { signal: aborted.signal })
      aborted.abort(new Error('changed my mind'))
      await expect(given).rejects.toThrow('changed my mind')

      await execute(url, 'INSERT INTO t VALUES (1)')
      first.release(await first.current())
      const next = open(url, 'handed')
      await execute(url, 'INSERT INTO t VALUES (2)')
      await first.close()
      await using second = await next
      await execute(url, 'INSERT INTO t VALUES (3)')
      await second.current()
      expect(idsOf(await collect(second))).toEqual([2, 3])
    })

    it('R6 is connected to again where the connection is lost, and what was had is not had twice', async () => {
      const url = await source()
      const events: PostgresLogEvent[] = []
      await using log = await open(url, 'again_and_again', { onEvent: (event) => events.push(event) })
      for (let id = 1; id <= 3; id += 1) {
        await execute(url, `INSERT INTO t VALUES (${id})`)
        const { head } = log
        await log.waitFor(head, never)
        await lose(url, 'again_and_again')
      }
      await execute(url, 'INSERT INTO t VALUES (4)')
      await log.waitFor(log.head, never)
      expect(idsOf(await collect(log))).toEqual([1, 2, 3, 4])
      expect(events.map(({ type }) => type)).toEqual([
        'connected',
        'relation',
        ...Array.from({ length: 3 }, () => ['disconnected', 'connected']).flat(),
      ])
    })

    it('R8 that is gone halts the streams, with what is missing and what to do, and never begins anew by itself', async () => {
      const url = await source()
      const events: PostgresLogEvent[] = []
      const log = await open(url, 'gone', { onEvent: (event) => events.push(event) })
      await execute(url, REPLICA_TABLES)
      let halted: (error: unknown) => void = () => {}
      const error = new Promise((resolve) => {
        halted = resolve
      })
      {
        await using wiring = new Wiring(log, new MemoryCheckpointStore(), (event) => {
          if (event.type === 'halted') halted(event.error)
        })
        await wiring.host.add(plugin('1.0.0', replica(await server().database())))
        await wiring.pump.start('s', 'replica').catch(() => {})
        // The log has the slot again at once, so that it may be in use again before it is dropped.
        const isDropped = (): Promise<boolean> =>
          execute(
            url,
            `SELECT pg_terminate_backend(active_pid, 5000), pg_drop_replication_slot(slot_name)
             FROM pg_replication_slots WHERE slot_name = 'gone'`,
          ).then(
            () => true,
            () => false,
          )
        await expect.poll(isDropped).toBe(true)
        expect(await error).toMatchObject({
          code: 'SLOT_MISSING',
          slot: 'gone',
          retryable: false,
          hint: expect.stringContaining('dropSlot'),
        })
      }
      // Tried again when it is wanted again.
      await expect(log.waitFor(log.head, never)).rejects.toMatchObject({ code: 'SLOT_MISSING' })
      await log.close()
      await expect(open(url, 'gone')).rejects.toMatchObject({ code: 'SLOT_MISSING' })
      await PostgresCommitLog.dropSlot({ connection: url, slot: 'gone' })
      await using anew = await open(url, 'gone')
      expect(await anew.canReadFrom(0n)).toBe(false)
    })

    it('R8 of which WAL was removed says from where on', async () => {
      const url = await source()
      await (await open(url, 'lost')).close()
      const [row] = await execute(
        url,
        "SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = 'lost'",
      )
      await execute(
        url,
        "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'",
        'SELECT pg_reload_conf()',
        ...Array.from({ length: 3 }, () => [
          "SELECT pg_logical_emit_message(false, '', repeat('x', 1000))",
          'SELECT pg_switch_wal()',
        ]).flat(),
        'CHECKPOINT',
        'ALTER SYSTEM RESET max_slot_wal_keep_size',
        'SELECT pg_reload_conf()',
      )
      await expect(open(url, 'lost')).rejects.toMatchObject({
        code: 'SLOT_LOST',
        message: expect.stringMatching(`wal_removed\\): what was committed from LSN ${String(row?.['lsn'])} on`),
      })
      await PostgresCommitLog.dropSlot({ connection: url, slot: 'lost' })
    })

    it('R8 that somebody moved on, or that is of something else, or a publication that is not there', async () => {
      const url = await source()
      await execute(url, "SELECT pg_create_logical_replication_slot('foreign_slot', 'test_decoding')").catch(() => {})
      const log = await open(url, 'moved')
      const { head } = log
      let refusal: unknown
      log.waitFor(head, never).catch((error: unknown) => {
        refusal = error
      })
      // The log has the slot again at once, and moves it on itself: so each attempt has something new to skip.
      const move = async (): Promise<unknown> => {
        await execute(
          url,
          "SELECT pg_logical_emit_message(false, 'test', 'skipped')",
          `SELECT pg_terminate_backend(active_pid, 5000), pg_replication_slot_advance(slot_name, pg_current_wal_lsn())
           FROM pg_replication_slots WHERE slot_name = 'moved'`,
        ).catch(() => {})
        return refusal
      }
      await expect.poll(move).toMatchObject({ code: 'SLOT_ADVANCED' })
      await log.close()
      await execute(url, "SELECT pg_create_logical_replication_slot('adopted', 'pgoutput')")
      await expect(open(url, 'adopted', { snapshot: true })).rejects.toMatchObject({ code: 'SLOT_FOREIGN' })
      await expect(open(await server().database(), 'adopted')).rejects.toMatchObject({ code: 'PUBLICATION' })
      const elsewhere = await source()
      await expect(open(elsewhere, 'adopted')).rejects.toMatchObject({ code: 'SLOT_FOREIGN' })
      await (await open(url, 'adopted')).close()
    })

    it('R5 R10 is moved on while nothing is published, and the log still begins where the checkpoints are', async () => {
      const url = await source()
      await execute(url, 'CREATE TABLE quiet (id integer)', 'DROP PUBLICATION p', 'CREATE PUBLICATION p FOR TABLE t')
      const clock = new ManualClock()
      const log = await open(url, 'idle', { clock })
      await execute(url, 'INSERT INTO t VALUES (1)')
      const checkpoint: CdcLsn = await log.current()
      log.release(checkpoint)
      const confirmed = async (): Promise<string> =>
        String(
          (
            await execute(
              url,
              "SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = 'idle'",
            )
          )[0]?.['lsn'],
        )
      const before = await confirmed()
      await execute(url, 'INSERT INTO quiet SELECT n FROM generate_series(1, 20000) AS n')
      await log.current()
      await clock.advance(10_000)
      await expect.poll(confirmed).not.toBe(before)
      await log.close()
      await using again = await open(url, 'idle')
      expect(await again.canReadFrom(checkpoint)).toBe(true)
      await execute(url, 'INSERT INTO t VALUES (2)')
      await again.current()
      expect(idsOf(await collect(again, checkpoint))).toEqual([2])
    })
  })
}
