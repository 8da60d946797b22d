import type { CdcBatch } from '@uni/reload-cdc'
import { describe, expect, it } from 'vitest'
import {
  changesOf,
  PostgresCommitLog,
  relationsOf,
  type PostgresChange,
  type PostgresLogEvent,
} from '../../src/index.js'
import { collect, idsOf } from '../support/collect.js'
import { execute, type Server } from '../support/server.js'

/** What a log gives for what is done after it was opened. */
async function committed(
  url: string,
  slot: string,
  ...statements: readonly string[]
): Promise<{ batches: CdcBatch[]; changes: PostgresChange[]; events: PostgresLogEvent[] }> {
  const events: PostgresLogEvent[] = []
  await execute(url, 'DROP PUBLICATION IF EXISTS p', 'CREATE PUBLICATION p FOR ALL TABLES')
  await using log = await PostgresCommitLog.open({
    connection: url,
    slot,
    publication: 'p',
    onEvent: (event) => events.push(event),
  })
  const { head } = log
  await execute(url, ...statements)
  await log.current()
  const batches = await collect(log, head)
  await log.close()
  await PostgresCommitLog.dropSlot({ connection: url, slot })
  return { batches, changes: batches.flatMap((batch) => [...changesOf(batch)]), events }
}

export function changes(server: () => Server): void {
  describe('what a batch has', () => {
    it('R3 each value exactly: numbers where JSON has them, text as PostgreSQL writes it otherwise, null apart', async () => {
      const url = await server().database()
      await execute(
        url,
        "CREATE TYPE mood AS ENUM ('glad')",
        `CREATE TABLE t (id integer PRIMARY KEY, big bigint, money numeric, real double precision, odd double precision, yes boolean,
          bytes bytea, at timestamptz, list integer[], doc jsonb, mood mood, words text, "quo""ted" text, none text)`,
      )
      const { changes, batches } = await committed(
        url,
        'values',
        `INSERT INTO t VALUES (-7, 9007199254740993, 1.50, 0.1, 'NaN', true, '\\xdead', '2020-02-29 12:00:00+01', '{1,2}',
          '{"a": 12345678901234567890}', 'glad', E'a"b\\\\c\\n\\u20ac', 'q')`,
      )
      expect(changes).toEqual([
        {
          relation: 'public.t',
          op: 'insert',
          new: {
            id: -7,
            big: '9007199254740993',
            money: '1.50',
            real: 0.1,
            odd: 'NaN',
            yes: true,
            bytes: String.raw`\xdead`,
            at: '2020-02-29 11:00:00+00',
            list: '{1,2}',
            doc: '{"a": 12345678901234567890}',
            mood: 'glad',
            words: 'a"b\\c\n€',
            'quo"ted': 'q',
            none: null,
          },
        },
      ])
      const columns = relationsOf(batches[0] as CdcBatch)['public.t']
      expect(columns?.map(({ name, type, key }) => `${name} ${type}${key ? ' key' : ''}`)).toEqual([
        'id integer key',
        'big bigint',
        'money numeric',
        'real double precision',
        'odd double precision',
        'yes boolean',
        'bytes bytea',
        'at timestamp with time zone',
        'list integer[]',
        'doc jsonb',
        'mood public.mood',
        'words text',
        'quo"ted text',
        'none text',
      ])
      expect(Math.abs(Date.now() - Number(batches[0]?.commitTimestamp))).toBeLessThan(86_400_000)
    })

    it('R3 keys that change, large values that were left as they were, whole rows, truncation, in the order of commits', async () => {
      const url = await server().database()
      await execute(
        url,
        'CREATE TABLE t (id integer PRIMARY KEY, large text, n integer)',
        'ALTER TABLE t ALTER large SET STORAGE EXTERNAL',
        'CREATE TABLE whole (id integer, large text, n integer)',
        'ALTER TABLE whole ALTER large SET STORAGE EXTERNAL, REPLICA IDENTITY FULL',
      )
      const large = "repeat('x', 5000)"
      const { changes, batches } = await committed(
        url,
        'kinds',
        `BEGIN; INSERT INTO t VALUES (1, ${large}, 1); INSERT INTO whole VALUES (1, ${large}, 1); COMMIT`,
        'UPDATE t SET n = 2',
        'UPDATE t SET id = 2',
        'UPDATE whole SET n = 2',
        'DELETE FROM t',
        'BEGIN; INSERT INTO t VALUES (3, NULL, 3); ROLLBACK',
        'TRUNCATE t, whole',
      )
      const text = 'x'.repeat(5000)
      const [t, whole] = ['public.t', 'public.whole']
      expect(changes).toEqual([
        { relation: t, op: 'insert', new: { id: 1, large: text, n: 1 } },
        { relation: whole, op: 'insert', new: { id: 1, large: text, n: 1 } },
        { relation: t, op: 'update', new: { id: 1, n: 2 } },
        { relation: t, op: 'update', old: { id: 1 }, new: { id: 2, n: 2 } },
        { relation: whole, op: 'update', old: { id: 1, large: text, n: 1 }, new: { id: 1, large: text, n: 2 } },
        { relation: t, op: 'delete', old: { id: 2 } },
        { relation: t, op: 'truncate' },
        { relation: whole, op: 'truncate' },
      ])
      expect(batches.map(({ mutations }) => mutations.numRows)).toEqual([2, 1, 1, 1, 1, 2])
    })

    it('R3 columns as they were at each commit, and tables that join the publication, are told', async () => {
      const url = await server().database()
      await execute(url, 'CREATE TABLE t (id integer PRIMARY KEY, old text)')
      const { batches, events, changes } = await committed(
        url,
        'columns',
        "INSERT INTO t VALUES (1, 'a')",
        'ALTER TABLE t DROP COLUMN old, ADD COLUMN born date',
        "INSERT INTO t VALUES (2, '2020-01-01')",
        'CREATE TABLE late (id integer PRIMARY KEY)',
        'INSERT INTO late VALUES (3)',
      )
      expect(
        batches.map((batch) =>
          Object.entries(relationsOf(batch)).map(([name, has]) => [name, ...has.map(({ name }) => name)]),
        ),
      ).toEqual([[['public.t', 'id', 'old']], [['public.t', 'id', 'born']], [['public.late', 'id']]])
      expect(changes.at(1)).toEqual({ relation: 'public.t', op: 'insert', new: { id: 2, born: '2020-01-01' } })
      const told = events.flatMap((event) =>
        event.type === 'relation' ? [[event.relation, event.before?.map(({ name }) => name)]] : [],
      )
      expect(told).toEqual([
        ['public.t', undefined],
        ['public.t', ['id', 'old']],
        ['public.late', undefined],
      ])
    })

    it('R2 L8 a large transaction in several batches, with the same ends when it is sent again, also from between them', async () => {
      const url = await server().database()
      await execute(url, 'CREATE TABLE t (id integer, text text)', 'CREATE PUBLICATION p FOR ALL TABLES')
      const open = (maxBufferedBytes: number): Promise<PostgresCommitLog> =>
        PostgresCommitLog.open({ connection: url, slot: 'large', publication: 'p', maxBufferedBytes })
      const first = await open(1)
      const { head } = first
      await execute(url, "INSERT INTO t SELECT n, repeat('x', 100000) FROM generate_series(1, 25) AS n")
      await execute(url, 'INSERT INTO t VALUES (26)')
      const ends: bigint[] = []
      const given: CdcBatch[] = []
      for (let at = head; ends.length < 2;) {
        await first.waitFor(at, new AbortController().signal)
        const batches = await collect(first, at)
        // There is room for one: the server keeps the rest.
        expect(batches).toHaveLength(1)
        given.push(...batches)
        at = first.head
        ends.push(at)
        if (ends.length === 1) first.release(at)
      }
      await first.close()
      const [between = 0n, next = 0n] = ends
      const second = await open(100_000_000)
      await second.current()
      expect(await second.canReadFrom(between)).toBe(true)
      const rest = await collect(second, between)
      expect(rest.map(({ lsnEnd }) => lsnEnd)).toEqual([next, expect.any(BigInt), second.head])
      expect(idsOf([given[0] as CdcBatch, ...rest])).toEqual(Array.from({ length: 26 }, (_, at) => at + 1))
      await second.close()
    })
  })
}
