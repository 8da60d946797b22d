import { describe, expect, it } from 'vitest'
import { PostgresCommitLog } from '../../src/index.js'
import { collect, idsOf } from '../support/collect.js'
import { execute, type Server } from '../support/server.js'

export function snapshots(server: () => Server): void {
  describe('a slot that is made with a snapshot', () => {
    it('R4 begins with the rows that there are: none is missing or comes twice, whatever is committed meanwhile', async () => {
      const url = await server().database()
      await execute(url, 'CREATE TABLE t (id integer PRIMARY KEY, word text)', 'CREATE TABLE other (id integer)')
      await execute(
        url,
        "INSERT INTO t SELECT n, 'there' FROM generate_series(1, 1200) AS n",
        'CREATE PUBLICATION p FOR TABLE t',
      )
      let committed = 1200
      const opened = new AbortController()
      const load = (async () => {
        while (!opened.signal.aborted || committed < 1220)
          await execute(url, `INSERT INTO t VALUES (${(committed += 1)}, 'new')`)
      })()
      await using log = await PostgresCommitLog.open({
        connection: url,
        slot: 'snapshot',
        publication: 'p',
        snapshot: true,
      })
      opened.abort()
      await load
      await log.current()
      const [truncated, ...ids] = idsOf(await collect(log))
      expect(truncated).toBe('truncate')
      expect(ids).toEqual(Array.from({ length: committed }, (_, at) => at + 1))
    })

    it('R4 begins anew where it was not finished: streams go on from wherever they stood, with tables that are empty', async () => {
      const url = await server().database()
      await execute(
        url,
        'CREATE TABLE t (id integer PRIMARY KEY, text text)',
        "INSERT INTO t SELECT n, repeat('x', 100000) FROM generate_series(1, 25) AS n",
        'CREATE PUBLICATION p FOR TABLE t',
      )
      const open = (): Promise<PostgresCommitLog> =>
        PostgresCommitLog.open({
          connection: url,
          slot: 'again',
          publication: 'p',
          snapshot: true,
          maxBufferedBytes: 1,
        })
      const first = await open()
      await first.waitFor(first.oldest, new AbortController().signal)
      const part = await collect(first)
      const stood = first.head
      expect(idsOf(part).length).toBeLessThan(26)
      await first.close()
      await execute(url, 'DELETE FROM t WHERE id = 1', 'INSERT INTO t VALUES (26)')

      await using second = await open()
      expect(await second.canReadFrom(stood)).toBe(true)
      const ids: unknown[] = []
      for (let at = stood; ids.length < 26;) {
        await second.waitFor(at, new AbortController().signal)
        for (const batch of await collect(second, at)) {
          expect(batch.lsnStart).toBe(at)
          ids.push(...idsOf([batch]))
          at = batch.lsnEnd
        }
        second.release(at)
      }
      expect(ids).toEqual(['truncate', ...Array.from({ length: 25 }, (_, at) => at + 2)])
    })
  })
}
