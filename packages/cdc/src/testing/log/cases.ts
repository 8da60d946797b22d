import { attempt, type ConformanceCase } from '@uni/reload-core/testing'
import type { LogBench } from './log-bench.js'

export interface LogCase extends Omit<ConformanceCase, 'run'> {
  /** The capability without which the case is left out. */
  readonly asks?: 'durable' | 'lsnBits'
  run(bench: LogBench): Promise<void>
}

const READS = ['read/in-order']

export const LOG_CASES: readonly LogCase[] = [
  {
    key: 'read/in-order',
    rule: 'L1',
    title: 'gives every commit from the oldest to the head, in order and without a gap',
    async run(bench) {
      const { log } = bench
      await bench.read(log.oldest)
      const before = log.head
      await bench.commit(1, 3, 2)
      bench.check(log.head > before, `a commit moves the head, and it stayed at ${log.head}`)
      const batches = await bench.read(before)
      const rows = batches.reduce((sum, { mutations }) => sum + mutations.numRows, 0)
      bench.check(rows === 6, `6 rows were committed, and ${rows} can be read`)
    },
  },
  {
    key: 'read/from-each-boundary',
    rule: 'L1',
    title: 'gives the rest from wherever a batch ends, and nothing from the head',
    needs: READS,
    async run(bench) {
      await bench.commit(2, 1, 3)
      for (const lsn of await bench.boundaries()) await bench.read(lsn)
    },
  },
  {
    key: 'read/stable',
    rule: 'L2',
    title: 'never changes where its batches end',
    needs: READS,
    async run(bench) {
      await bench.commit(2, 1)
      const before = await bench.boundaries()
      await bench.commit(3, 1)
      const after = await bench.boundaries()
      const kept = before.every((lsn, at) => after[at] === lsn)
      bench.check(kept, `batches ended at ${before.join(', ')}, and end at ${after.join(', ')}`)
    },
  },
  {
    key: 'read/beside-one-another',
    rule: 'L2',
    title: 'is read by several streams, each at its own place',
    needs: READS,
    async run(bench) {
      await bench.commit(1, 2, 1)
      const { oldest } = bench.log
      const [slow, ends] = [
        bench.log.read(oldest)[Symbol.asyncIterator](),
        (await bench.read(oldest)).map(({ lsnEnd }) => lsnEnd),
      ]
      for (const end of ends) {
        await bench.read(oldest)
        const { value } = (await slow.next()) as { value?: { lsnEnd: bigint } }
        bench.check(
          value?.lsnEnd === end,
          `a reader gets the batch that ends at ${end}, whoever reads beside it; it got ${value?.lsnEnd}`,
        )
      }
    },
  },
  {
    key: 'read/beyond-the-head',
    rule: 'L3',
    title: 'refuses with LOG_POSITION to be read from beyond the head',
    needs: READS,
    async run(bench) {
      await bench.commit(1)
      await bench.refusesToRead(bench.log.head + 1n, 'LOG_POSITION')
    },
  },
  {
    key: 'read/inside-a-batch',
    rule: 'L3',
    title: 'refuses with LOG_POSITION to be read from inside a batch, where one has an inside',
    needs: READS,
    async run(bench) {
      await bench.commit(1, 5, 1)
      for (const { lsnStart, lsnEnd } of await bench.read(bench.log.oldest)) {
        if (lsnEnd > lsnStart + 1n) await bench.refusesToRead(lsnStart + 1n, 'LOG_POSITION')
      }
    },
  },
  {
    key: 'read/released',
    rule: 'L3',
    title: 'refuses with LOG_RELEASED, and the oldest LSN, what it no longer has',
    needs: READS,
    async run(bench) {
      const { log } = bench
      await bench.commit(1, 2, 1)
      const [first, ...others] = await bench.boundaries()
      log.release(others[1] as bigint)
      if (log.oldest === first) return
      const { expected } = await bench.refusesToRead(first as bigint, 'LOG_RELEASED')
      bench.check(expected === log.oldest, `the error says what the oldest LSN is, ${log.oldest}, and said ${expected}`)
    },
  },
  {
    key: 'can-read-from/agrees',
    rule: 'L4',
    title: 'says of an LSN that it can be read from where it can, and nowhere else',
    needs: READS,
    async run(bench) {
      const { expect, log } = bench
      await bench.commit(2, 3, 1)
      log.release((await bench.boundaries())[1] as bigint)
      for (const lsn of bench.around(await bench.boundaries())) {
        const said = await expect.works(`canReadFrom(${lsn})`, () => log.canReadFrom(lsn))
        const begins = 'value' in (await attempt(() => log.read(lsn)[Symbol.asyncIterator]().next()))
        bench.check(
          said === begins,
          `canReadFrom(${lsn}) says ${String(said)}, and read(${lsn}) ${begins ? 'begins' : 'is refused'}`,
        )
      }
    },
  },
  {
    key: 'wait-for/committed',
    rule: 'L5',
    title: 'waits until the LSN is committed, and no longer',
    needs: READS,
    async run(bench) {
      const { log } = bench
      await bench.commit(1)
      const [before, at] = [bench.waiting(log.head - 1n), bench.waiting(log.head)]
      const early = await at.stands()
      bench.check((await before.stands()) === 'resolved', 'waitFor() resolves at once below the head')
      bench.check(early === 'pending', 'waitFor() of the head is pending until something is committed')
      await bench.commit(1)
      bench.check((await at.stands()) === 'resolved', 'waitFor() resolves when something is committed')
    },
  },
  {
    key: 'wait-for/aborted',
    rule: 'L6',
    title: 'ends a wait with the reason of its signal, fired before or meanwhile',
    needs: READS,
    async run(bench) {
      const { log } = bench
      const reason = new Error('nobody waits any more')
      const caller = new AbortController()
      const [fired, firing] = [
        bench.waiting(log.head, AbortSignal.abort(reason)),
        bench.waiting(log.head, caller.signal),
      ]
      caller.abort(reason)
      for (const wait of [fired, firing]) {
        const stands = await wait.stands()
        bench.check(
          typeof stands === 'object' && stands.rejected === reason,
          'waitFor() rejects with the reason of its signal',
        )
      }
    },
  },
  {
    key: 'release/no-further',
    rule: 'L7',
    title: 'keeps all from where it was released to, wherever that lies',
    needs: [...READS, 'read/stable'],
    async run(bench) {
      const { expect, log } = bench
      await bench.commit(2, 3, 1)
      const boundaries = await bench.boundaries()
      for (const upTo of bench.around(boundaries)) {
        await expect.works(`release(${upTo})`, () => log.release(upTo))
        const needed = boundaries.findLast((lsn) => lsn <= upTo) ?? (boundaries[0] as bigint)
        bench.check(
          log.oldest <= needed,
          `after release(${upTo}) all from ${needed} is still needed, and the oldest is ${log.oldest}`,
        )
        await bench.read(needed)
      }
    },
  },
  {
    key: 'release/goes-on',
    rule: 'L7',
    title: 'goes on at its head when all of it was released, more than once, and beyond',
    needs: READS,
    async run(bench) {
      const { expect, log } = bench
      await bench.commit(2, 1)
      const { head } = log
      for (const upTo of [head, head, 0n, head]) await expect.works(`release(${upTo})`, () => log.release(upTo))
      bench.check(log.head === head, `the head stays at ${head} when all is released, and is ${log.head}`)
      await bench.commit(2)
      await bench.read(head)
    },
  },
  {
    key: 'durable/reopened',
    rule: 'L8',
    title: 'has all of it after a restart: the same batches, the same head',
    asks: 'durable',
    needs: [...READS, 'read/stable'],
    async run(bench) {
      await bench.commit(2, 1, 3)
      const before = await bench.boundaries()
      const after = await (await bench.reopened()).boundaries()
      bench.check(
        before.every((lsn) => after.includes(lsn)),
        `batches ended at ${before.join(', ')}, and after a restart at ${after.join(', ')}`,
      )
    },
  },
  {
    key: 'durable/released',
    rule: 'L8',
    title: 'goes on at its head after a restart, when all of it was released',
    asks: 'durable',
    needs: ['durable/reopened', 'release/goes-on'],
    async run(bench) {
      await bench.commit(1, 2)
      const { head } = bench.log
      bench.log.release(head)
      const next = await bench.reopened()
      bench.check(next.log.head === head, `the log ended at ${head}, and after a restart at ${next.log.head}`)
      await next.read(head)
    },
  },
  {
    key: 'lsns/to-the-last',
    rule: 'L1',
    title: 'keeps LSNs exactly up to the width it has',
    asks: 'lsnBits',
    needs: READS,
    async run(bench) {
      const start = bench.log.head
      await bench.commit(1, 2, 1)
      const [first] = await bench.read(start)
      bench.check(
        first?.lsnStart === start && (await bench.log.canReadFrom(start)),
        `the first commit starts at ${start}`,
      )
    },
  },
]
