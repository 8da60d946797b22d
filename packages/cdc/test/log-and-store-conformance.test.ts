import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConformanceError, declareConformance, type ConformanceCase } from '@uni/reload-core/testing'
import { describe, expect, it, test } from 'vitest'
import {
  CdcError,
  MemoryCheckpointStore,
  MemoryCommitLog,
  type CdcBatch,
  type CdcLsn,
  type CheckpointStore,
} from '../src/index.js'
import { FileCheckpointStore } from '../src/node/index.js'
import {
  runCheckpointStoreConformance,
  runCommitLogConformance,
  type CheckpointStoreFixture,
  type CommitLogFixture,
} from '../src/testing/index.js'
import { commitLogCases } from '../src/testing/log/commit-log-conformance.js'
import { checkpointStoreCases } from '../src/testing/store/checkpoint-store-conformance.js'
import { mutations } from './support/mutations.js'
import { Recorder } from './support/recorder.js'

/** A log, and whatever is to be found of it by the next run of the program. */
function logFixture(log: MemoryCommitLog, reopen: () => MemoryCommitLog = () => log): CommitLogFixture {
  return {
    log,
    reopen,
    commit: (rows) => {
      log.append(mutations(rows))
    },
  }
}

async function fileStore(): Promise<CheckpointStoreFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'cdc-'))
  const open = (): CheckpointStore => new FileCheckpointStore(directory)
  return { store: open(), reopen: open, dispose: () => rm(directory, { recursive: true }) }
}

describe('MemoryCommitLog', () => {
  runCommitLogConformance({
    test,
    make: (start = 0n) => logFixture(new MemoryCommitLog(start)),
    capabilities: { lsnBits: 128 },
  })
})

describe('MemoryCheckpointStore', () => {
  runCheckpointStoreConformance({
    test,
    make: () => ({ store: new MemoryCheckpointStore() }),
    capabilities: { lsnBits: 128 },
  })
})

describe('FileCheckpointStore', () => {
  runCheckpointStoreConformance({ test, make: fileStore, capabilities: { durable: true, lsnBits: 128 } })
})

async function broken(cases: readonly ConformanceCase[]): Promise<(readonly [key: string, rule: string])[]> {
  const recorder = new Recorder()
  declareConformance(recorder.test, cases, { kit: 'a kit' })
  return Array.from(
    await recorder.failures(),
    ([key, error]) => [key, error instanceof ConformanceError ? error.rule : String(error)] as const,
  )
}

/** Logs that break one rule each. */
const BROKEN_LOGS: readonly {
  rule: string
  does: string
  keys: readonly string[]
  make(): MemoryCommitLog
  reopen?(): MemoryCommitLog
}[] = [
  {
    rule: 'L1',
    does: 'stops a batch short of the head',
    keys: ['read/in-order'],
    make: () =>
      new (class extends MemoryCommitLog {
        override async *read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
          for await (const batch of super.read(from)) if (batch.lsnEnd < this.head || this.head < 3n) yield batch
        }
      })(),
  },
  {
    rule: 'L1',
    does: 'keeps LSNs as numbers',
    keys: ['lsns/to-the-last'],
    make: () =>
      new (class extends MemoryCommitLog {
        override canReadFrom(lsn: CdcLsn): boolean {
          return lsn < 2n ** 53n && super.canReadFrom(lsn)
        }
      })(),
  },
  {
    rule: 'L2',
    does: 'joins batches that lie behind',
    keys: ['read/stable'],
    make: () =>
      new (class extends MemoryCommitLog {
        override async *read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
          const batches: CdcBatch[] = []
          for await (const batch of super.read(from)) batches.push(batch)
          const [first, second] = batches
          if (first && second && batches.length > 3) yield { ...first, lsnEnd: second.lsnEnd }
          yield* batches.length > 3 ? batches.slice(2) : batches
        }
      })(),
  },
  {
    rule: 'L3',
    does: 'gives nothing beyond its head',
    keys: ['read/beyond-the-head'],
    make: () =>
      new (class extends MemoryCommitLog {
        override async *read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
          if (from <= this.head) yield* super.read(from)
        }

        override canReadFrom(lsn: CdcLsn): boolean {
          return lsn > this.head || super.canReadFrom(lsn)
        }
      })(),
  },
  {
    rule: 'L3',
    does: 'says of what was released that it never was',
    keys: ['read/released'],
    make: () =>
      new (class extends MemoryCommitLog {
        override async *read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
          if (from < this.oldest) throw new CdcError('LOG_POSITION', 'no such LSN')
          yield* super.read(from)
        }
      })(),
  },
  {
    rule: 'L4',
    does: 'takes every LSN that it has for a boundary',
    keys: ['can-read-from/agrees'],
    make: () =>
      new (class extends MemoryCommitLog {
        override canReadFrom(lsn: CdcLsn): boolean {
          return lsn >= this.oldest && lsn <= this.head
        }
      })(),
  },
  {
    rule: 'L5',
    does: 'promises more than it has',
    keys: ['wait-for/committed'],
    make: () =>
      new (class extends MemoryCommitLog {
        override waitFor(lsn: CdcLsn, signal: AbortSignal): Promise<void> {
          return signal.aborted || lsn === 0n ? super.waitFor(lsn, signal) : Promise.resolve()
        }
      })(),
  },
  {
    rule: 'L6',
    does: 'waits on, whoever has gone',
    keys: ['wait-for/aborted'],
    make: () =>
      new (class extends MemoryCommitLog {
        override waitFor(lsn: CdcLsn): Promise<void> {
          return super.waitFor(lsn, new AbortController().signal)
        }
      })(),
  },
  {
    rule: 'L7',
    does: 'releases the batch that it is released into',
    keys: ['release/no-further'],
    make: () =>
      new (class extends MemoryCommitLog {
        override release(upTo: CdcLsn): void {
          super.release(upTo === 3n ? 5n : upTo)
        }
      })(),
  },
  {
    rule: 'L8',
    does: 'begins anew with each run',
    keys: ['durable/reopened'],
    make: () => new MemoryCommitLog(),
    reopen: () => new MemoryCommitLog(50n),
  },
]

describe('a log that breaks one rule fails on that rule', () => {
  it.each(BROKEN_LOGS)('$rule: one that $does', async ({ rule, keys, make, reopen }) => {
    const cases = commitLogCases({
      make: (start) => {
        const log = make()
        // Where the width is asked for, the log begins there.
        if (start !== undefined) log.append(mutations(1), new Date(0), start)
        return logFixture(log, reopen)
      },
      capabilities: { durable: true, lsnBits: 64 },
    })
    expect(await broken(cases)).toEqual(keys.map((key) => [key, rule]))
  })

  it('for every rule that there is a test of', () => {
    const rules = commitLogCases({
      make: () => logFixture(new MemoryCommitLog()),
      capabilities: { durable: true, lsnBits: 64 },
    }).map(({ rule }) => rule)
    expect(new Set(BROKEN_LOGS.map(({ rule }) => rule))).toEqual(new Set(rules))
    expect(new Set(rules)).toEqual(new Set(Array.from({ length: 8 }, (_, at) => `L${at + 1}`)))
  })
})

/** Stores that break one rule each. */
const BROKEN_STORES: readonly {
  rule: string
  does: string
  keys: readonly string[]
  make(): CheckpointStoreFixture
}[] = [
  {
    rule: 'S1',
    does: 'has 0 where it has nothing',
    keys: ['load/none'],
    make: () => {
      const store = new MemoryCheckpointStore()
      return {
        store: {
          load: async (stream) => (await store.load(stream)) ?? 0n,
          save: (stream, lsn) => store.save(stream, lsn),
        },
      }
    },
  },
  {
    rule: 'S2',
    does: 'keeps LSNs as numbers',
    keys: ['save/exact'],
    make: () => {
      const store = new MemoryCheckpointStore()
      return {
        store: { load: (stream) => store.load(stream), save: (stream, lsn) => store.save(stream, BigInt(Number(lsn))) },
      }
    },
  },
  {
    rule: 'S3',
    does: 'lets saves overtake one another',
    keys: ['save/last'],
    make: () => {
      const store = new MemoryCheckpointStore()
      return {
        store: {
          load: (stream) => store.load(stream),
          async save(stream, lsn) {
            for (let turns = lsn === 18n ? 50 : 0; turns > 0; turns -= 1) await Promise.resolve()
            await store.save(stream, lsn)
          },
        },
      }
    },
  },
  {
    rule: 'S4',
    does: 'pays upper case no heed',
    keys: ['streams/apart'],
    make: () => {
      const store = new MemoryCheckpointStore()
      return {
        store: {
          load: (stream) => store.load(stream.toLowerCase()),
          save: (stream, lsn) => store.save(stream.toLowerCase(), lsn),
        },
      }
    },
  },
  {
    rule: 'S5',
    does: 'forgets everything with the program',
    keys: ['durable/reopened'],
    make: () => ({ store: new MemoryCheckpointStore(), reopen: () => new MemoryCheckpointStore() }),
  },
]

describe('a store that breaks one rule fails on that rule', () => {
  it.each(BROKEN_STORES)('$rule: one that $does', async ({ rule, keys, make }) => {
    const kept = (): CheckpointStoreFixture => {
      const fixture = make()
      return { reopen: () => fixture.store, ...fixture }
    }
    expect(await broken(checkpointStoreCases({ make: kept, capabilities: { durable: true, lsnBits: 64 } }))).toEqual(
      keys.map((key) => [key, rule]),
    )
  })

  it('for every rule that there is a test of', () => {
    const rules = checkpointStoreCases({ make: fileStore, capabilities: { durable: true } }).map(({ rule }) => rule)
    expect(BROKEN_STORES.map(({ rule }) => rule)).toEqual(rules)
  })
})
