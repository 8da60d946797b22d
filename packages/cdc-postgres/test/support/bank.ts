import { Client } from 'pg'

const ACCOUNTS = 200

/** What is written to: accounts, and a history of what was done to them, as in TPC-B, which pgbench is after. */
export const BANK_TABLES = `
  CREATE TABLE accounts (aid integer PRIMARY KEY, balance bigint NOT NULL);
  CREATE TABLE tellers (tid integer PRIMARY KEY, balance bigint NOT NULL);
  CREATE TABLE history (hid bigint GENERATED ALWAYS AS IDENTITY, client integer, at integer, aid integer, delta integer);
  INSERT INTO accounts SELECT aid, 0 FROM generate_series(1, ${ACCOUNTS}) AS aid;
  INSERT INTO tellers SELECT tid, 0 FROM generate_series(1, 10) AS tid;
  CREATE PUBLICATION bank FOR TABLE accounts, history;
`

/** Numbers that look random, and are the same each time. The generator is a linear congruential one. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state
  }
}

/**
 * Runs transactions in several connections at once, each as fast as it can; every tenth is rolled back.
 *
 * @param each told of each commit; the connection goes on when it has resolved.
 */
export async function runBank(
  url: string,
  {
    clients,
    transactions,
    first = 0,
    each = async () => {},
  }: {
    readonly clients: number
    readonly transactions: number
    /** How many transactions of the load there were before. */
    readonly first?: number
    each?(committed: number): Promise<void>
  },
): Promise<number> {
  let committed = 0
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const connection = new Client(url)
      await connection.connect()
      const random = numbers(client + 1)
      for (let at = first; at < first + transactions; at += 1) {
        const [aid, tid, delta] = [
          1 + (random.next().value % ACCOUNTS),
          1 + (random.next().value % 10),
          (random.next().value % 10_000) - 5_000,
        ]
        await connection.query('BEGIN')
        await connection.query('UPDATE accounts SET balance = balance + $1 WHERE aid = $2', [delta, aid])
        await connection.query('UPDATE tellers SET balance = balance + $1 WHERE tid = $2', [delta, tid])
        await connection.query('INSERT INTO history (client, at, aid, delta) VALUES ($1, $2, $3, $4)', [
          client,
          at,
          aid,
          delta,
        ])
        // Keys that come and go, so that there is something to delete.
        if (at % 4 === 0)
          await connection.query('INSERT INTO accounts VALUES ($1, $2)', [1_000_000 + client * 10_000 + at, delta])
        if (at % 8 === 4)
          await connection.query('DELETE FROM accounts WHERE aid = $1', [1_000_000 + client * 10_000 + at - 4])
        const commits = at % 10 !== 9
        await connection.query(commits ? 'COMMIT' : 'ROLLBACK')
        if (commits) await each((committed += 1))
      }
      await connection.end()
    }),
  )
  return committed
}
