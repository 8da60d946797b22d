import type { CdcBatch, CdcLsn, CdcOutputProvider, CdcStartContext, CdcStream } from '../../src/index.js'
import { entriesOf, idsOf, Ledger, LedgerStream, type Disk, type Entry } from './ledger.js'

export interface BrokenLedger {
  readonly rule: string
  /** What it does, as the end of a sentence that begins with "a ledger". */
  readonly does: string
  /** The tests of the suite that find it out. */
  readonly keys: readonly string[]
  make(disk: Disk): CdcOutputProvider
}

/** A ledger that starts other streams than it should. */
function starting(
  disk: Disk,
  start: (honest: Ledger, ctx: CdcStartContext) => CdcStream | Promise<CdcStream>,
): CdcOutputProvider {
  const honest = new Ledger(disk)
  return { name: honest.name, start: (ctx) => start(honest, ctx) }
}

/** A ledger whose streams differ in some of their methods. */
function streaming(
  disk: Disk,
  differ: (honest: CdcStream, ctx: CdcStartContext) => Partial<CdcStream>,
): CdcOutputProvider {
  return starting(disk, async (ledger, ctx) => {
    const honest = await ledger.start(ctx)
    return {
      deliver: (batch) => honest.deliver(batch),
      checkpoint: () => honest.checkpoint(),
      shutdown: () => honest.shutdown(),
      ...differ(honest, ctx),
    }
  })
}

/** A ledger that writes other lines than it should. */
function writing(disk: Disk, differ: (honest: Entry, batch: CdcBatch) => Entry): CdcOutputProvider {
  return new (class extends Ledger {
    override entryOf(batch: CdcBatch): Entry {
      return differ(super.entryOf(batch), batch)
    }
  })(disk)
}

function rewrite(disk: Disk, file: string, differ: (entries: readonly Entry[]) => readonly Entry[]): void {
  disk.write(
    file,
    differ(entriesOf(disk.read(file)))
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join(''),
  )
}

const file = ({ stream = 'only' }: CdcStartContext): string => stream

export const BROKEN: readonly BrokenLedger[] = [
  {
    rule: 'P1',
    does: 'hands out the same stream object again',
    keys: ['contract/new-stream'],
    make(disk) {
      let current: CdcStream | undefined
      const only: CdcStream = {
        deliver: (batch) => current?.deliver(batch),
        checkpoint: () => current?.checkpoint() ?? 0n,
        shutdown: () => current?.shutdown(),
      }
      return starting(disk, async (ledger, ctx) => {
        current = await ledger.start(ctx)
        return only
      })
    },
  },
  {
    rule: 'P2',
    does: 'stores the rows of a batch from the last on',
    keys: ['delivery/in-order'],
    make: (disk) => writing(disk, (entry) => ({ ...entry, ids: entry.ids.toReversed() })),
  },
  {
    rule: 'P2',
    does: 'stores only the first 1,000 rows of a batch',
    keys: ['delivery/many-rows'],
    make: (disk) => writing(disk, (entry) => ({ ...entry, ids: entry.ids.slice(0, 1_000) })),
  },
  {
    rule: 'P2',
    does: 'reverses the rows in the batch itself, to store them from the last on',
    keys: ['delivery/leaves-batches-alone'],
    make: (disk) =>
      streaming(disk, (honest) => ({
        async deliver(batch) {
          await honest.deliver(batch)
          batch.mutations.getChild('id')?.data[0]?.values.reverse()
        },
      })),
  },
  {
    rule: 'P2',
    does: 'fails where there is no row',
    keys: ['delivery/no-rows'],
    make: (disk) =>
      writing(disk, (entry, { mutations }) => {
        if (mutations.numRows === 0) throw new Error('nothing to write')
        return entry
      }),
  },
  {
    rule: 'P3',
    does: 'counts its LSNs in numbers',
    keys: ['lsns/beyond-numbers', 'lsns/to-the-last'],
    make: (disk) =>
      streaming(disk, (honest) => ({ checkpoint: async () => BigInt(Number(await honest.checkpoint())) })),
  },
  {
    rule: 'P3',
    does: 'has its LSNs run over',
    keys: ['lsns/beyond-the-last'],
    make: (disk) =>
      streaming(disk, (honest) => ({ checkpoint: async () => BigInt.asUintN(80, await honest.checkpoint()) })),
  },
  {
    rule: 'P3',
    does: 'answers with the end of the ledger, whoever delivered it',
    keys: ['checkpoint/own-deliveries-only'],
    make: (disk) =>
      streaming(disk, (honest, ctx) => ({
        async checkpoint() {
          const last = entriesOf(disk.read(file(ctx))).at(-1)
          const own = await honest.checkpoint()
          return last && BigInt(last.lsnEnd) > own ? BigInt(last.lsnEnd) : own
        },
      })),
  },
  {
    rule: 'P3',
    does: 'falls back to where it was started every other time it is asked',
    keys: ['checkpoint/never-falls'],
    make: (disk) =>
      streaming(disk, (honest, ctx) => {
        let asked = 0
        return { checkpoint: async () => ((asked += 1) % 2 === 1 ? await honest.checkpoint() : (ctx.fromLsn ?? 0n)) }
      }),
  },
  {
    rule: 'P3',
    does: 'never moves its checkpoint',
    keys: ['checkpoint/reaches-the-end'],
    make: (disk) => streaming(disk, (honest, ctx) => ({ checkpoint: () => ctx.fromLsn ?? honest.checkpoint() })),
  },
  {
    rule: 'P4',
    does: 'answers with the last LSN it has stored, not with the end',
    keys: ['checkpoint/on-boundaries'],
    make: (disk) =>
      streaming(disk, (honest, { fromLsn = 0n }) => ({
        async checkpoint() {
          const end = await honest.checkpoint()
          return end > fromLsn ? end - 1n : end
        },
      })),
  },
  {
    rule: 'P5',
    does: 'answers for what it has not written yet',
    keys: ['checkpoint/stored-below'],
    make: (disk) =>
      streaming(disk, (honest) => {
        const pending: CdcBatch[] = []
        let handed: CdcLsn | undefined
        async function flush(): Promise<void> {
          for (const batch of pending.splice(0)) await honest.deliver(batch)
        }
        return {
          async deliver(batch) {
            await honest.checkpoint()
            idsOf(batch.mutations)
            pending.push(batch)
            handed = batch.lsnEnd
          },
          checkpoint: async () => handed ?? (await honest.checkpoint()),
          async shutdown() {
            await flush()
            await honest.shutdown()
          },
        }
      }),
  },
  {
    rule: 'P6',
    does: 'writes a row of its own when it was not used',
    keys: ['resumption/stores-nothing-by-itself'],
    make: (disk) =>
      streaming(disk, (honest, ctx) => {
        let used = false
        return {
          deliver(batch) {
            used = true
            return honest.deliver(batch)
          },
          async shutdown() {
            await honest.shutdown()
            if (!used && !disk.down)
              rewrite(disk, file(ctx), (entries) => entries.map((entry) => ({ ...entry, ids: [...entry.ids, -1] })))
          },
        }
      }),
  },
  {
    rule: 'P6',
    does: 'insists on an LSN to start at',
    keys: ['resumption/without-an-lsn'],
    make: (disk) =>
      starting(disk, (ledger, ctx) => {
        if (ctx.fromLsn === undefined) throw new Error('no LSN')
        return ledger.start(ctx)
      }),
  },
  {
    rule: 'P6',
    does: 'takes every gap for a loss',
    keys: ['resumption/behind-a-gap'],
    make: (disk) =>
      starting(disk, (ledger, { gap, ...ctx }) => {
        void gap
        return ledger.start(ctx)
      }),
  },
  {
    rule: 'P7',
    does: 'counts a batch from its first row on',
    keys: ['redelivery/after-a-refusal-halfway'],
    make: (disk) =>
      streaming(disk, (honest, ctx) => {
        const counted = new Set<CdcLsn>()
        let handed = ctx.fromLsn ?? 0n
        return {
          async deliver(batch) {
            const { lsnStart, lsnEnd, mutations } = batch
            if (counted.has(lsnStart)) return
            // It looks at the disk, and at whether the column is long enough, before it begins.
            const rows = mutations.getChild('id')
            if (!disk.down && rows?.data[0] && rows.data[0].values.length >= mutations.numRows) {
              counted.add(lsnStart)
              handed = lsnEnd
            }
            await honest.deliver(batch)
            handed = lsnEnd
          },
          checkpoint: () => handed,
        }
      }),
  },
  {
    rule: 'P7',
    does: 'looks at its LSN only when it is started',
    keys: ['redelivery/to-the-same-stream'],
    make: (disk) =>
      streaming(disk, (honest, ctx) => {
        const seen = new Map<CdcLsn, number>()
        return {
          async deliver(batch) {
            await honest.deliver(batch)
            const times = (seen.get(batch.lsnStart) ?? 0) + 1
            seen.set(batch.lsnStart, times)
            if (times > 1) rewrite(disk, file(ctx), (entries) => [...entries, ...entries.slice(-1)])
          },
        }
      }),
  },
  {
    rule: 'P8',
    does: 'keeps its lock for ever',
    keys: ['shutdown/lets-go'],
    make(disk) {
      return starting(disk, (ledger, ctx) => {
        if (disk.read(`${file(ctx)}.lock`) !== '') throw new Error('somebody else has the ledger')
        disk.write(`${file(ctx)}.lock`, 'locked')
        return ledger.start(ctx)
      })
    },
  },
  {
    rule: 'P8',
    does: 'goes on writing after its shutdown',
    keys: ['shutdown/takes-nothing-more'],
    make: (disk) =>
      starting(disk, async (ledger, ctx) => {
        const honest = await ledger.start(ctx)
        let late: CdcStream | undefined
        return {
          async deliver(batch) {
            await (late ?? honest).deliver(batch)
          },
          checkpoint: () => honest.checkpoint(),
          async shutdown() {
            await honest.shutdown()
            const { fromLsn, ...rest } = ctx
            void fromLsn
            late ??= await ledger.start(rest)
          },
        }
      }),
  },
  {
    rule: 'P8',
    does: 'ends its successor when it is shut down twice',
    keys: ['shutdown/twice'],
    make: (disk) =>
      streaming(disk, (honest) => {
        let shutdowns = 0
        return {
          shutdown() {
            shutdowns += 1
            if (shutdowns > 1) disk.life += 1
            return honest.shutdown()
          },
        }
      }),
  },
  {
    rule: 'P9',
    does: 'never recovers from a write that failed',
    keys: ['outage/goes-on'],
    make: (disk) =>
      streaming(disk, (honest) => {
        let broken: unknown
        return {
          async deliver(batch) {
            if (broken !== undefined) throw broken
            try {
              await honest.deliver(batch)
            } catch (error) {
              if (disk.down) broken = error
              throw error
            }
          },
        }
      }),
  },
  {
    rule: 'P5',
    does: 'takes a disk that is gone for one that has written',
    keys: ['outage/acknowledges-nothing-false'],
    make: (disk) =>
      streaming(disk, (honest) => {
        let lied: CdcLsn | undefined
        return {
          async deliver(batch) {
            if (disk.down) lied = batch.lsnEnd
            else await honest.deliver(batch)
          },
          checkpoint: async () => lied ?? (await honest.checkpoint()),
        }
      }),
  },
  {
    rule: 'P10',
    does: 'writes on behind a line that is torn',
    keys: ['torn/goes-on'],
    make: (disk) =>
      new (class extends Ledger {
        override resume(ctx: CdcStartContext): CdcLsn | undefined {
          const before = disk.read(this.fileOf(ctx))
          const end = super.resume(ctx)
          // The torn line becomes one of the right shape, with what can be made out of it.
          if (!before.endsWith('\n') && before !== '')
            rewrite(disk, this.fileOf(ctx), (entries) => [...entries, { lsnStart: '1005', lsnEnd: '1010', ids: [-1] }])
          return end
        }
      })(disk),
  },
  {
    rule: 'P10',
    does: 'goes on above what it has',
    keys: ['own-lsn/behind-the-start'],
    make: (disk) =>
      starting(disk, (ledger, ctx) => {
        const last = entriesOf(disk.read(file(ctx))).at(-1)
        if (ctx.fromLsn === undefined || last === undefined || BigInt(last.lsnEnd) >= ctx.fromLsn)
          return ledger.start(ctx)
        return new LedgerStream(disk, file(ctx), ctx.fromLsn, ctx.fromLsn, (batch) => ledger.entryOf(batch))
      }),
  },
  {
    rule: 'P11',
    does: 'takes a batch that it has refused for stored',
    keys: [
      'bad-input/no-columns',
      'bad-input/other-columns',
      'bad-input/truncated',
      'bad-input/oversized',
      'bad-input/random-bytes',
      'bad-input/no-mutations',
    ],
    make: (disk) =>
      streaming(disk, (honest) => {
        let refused: CdcLsn | undefined
        return {
          async deliver(batch) {
            try {
              await honest.deliver(batch)
            } catch (error) {
              if (!disk.down) refused = batch.lsnEnd
              throw error
            }
          },
          async checkpoint() {
            const own = await honest.checkpoint()
            return refused !== undefined && refused > own ? refused : own
          },
        }
      }),
  },
  {
    rule: 'P12',
    does: 'keeps the rows of all streams in one file',
    keys: ['streams/apart', 'streams/restart-one'],
    make: (disk) =>
      new (class extends Ledger {
        override fileOf(): string {
          return 'orders'
        }
      })(disk),
  },
  {
    rule: 'P13',
    does: 'reads only lines of its own version',
    keys: [
      'upgrade/from-the-version-before',
      'upgrade/golden/1.0.0-cut-off.json',
      'upgrade/golden/1.0.0-shut-down.json',
    ],
    make: (disk) =>
      starting(disk, (ledger, ctx) => {
        if (entriesOf(disk.read(file(ctx))).some(({ at, ids }) => at === undefined && ids.length > 0))
          throw new Error('no commit time')
        return ledger.start(ctx)
      }),
  },
]
