import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MemoryCommitLog, type CdcBatch, type CommitLog } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { mutations } from './support/mutations.js'

async function read(log: CommitLog, from: bigint): Promise<CdcBatch[]> {
  const batches: CdcBatch[] = []
  for await (const batch of log.read(from)) batches.push(batch)
  return batches
}

function committed(): MemoryCommitLog {
  const log = new MemoryCommitLog(10n)
  log.append(mutations(2))
  log.append(mutations(3))
  log.append(mutations(1))
  return log
}

describe('MemoryCommitLog', () => {
  it('counts one LSN a mutation, without gap', async () => {
    const log = committed()
    expect((await read(log, 10n)).map(({ lsnStart, lsnEnd }) => [lsnStart, lsnEnd])).toEqual([
      [10n, 12n],
      [12n, 15n],
      [15n, 16n],
    ])
    expect({ oldest: log.oldest, head: log.head }).toEqual({ oldest: 10n, head: 16n })
  })

  it('reads from any boundary to the head, and ends there', async () => {
    const log = committed()
    expect((await read(log, 12n)).map(({ lsnStart }) => lsnStart)).toEqual([12n, 15n])
    expect(await read(log, 16n)).toEqual([])
    expect([10n, 12n, 15n, 16n].map((lsn) => log.canReadFrom(lsn))).toEqual([true, true, true, true])
  })

  it('reads what is committed while it is being read', async () => {
    const log = committed()
    const seen: bigint[] = []
    for await (const { lsnStart } of log.read(15n)) {
      seen.push(lsnStart)
      if (lsnStart === 15n) log.append(mutations(1))
    }
    expect(seen).toEqual([15n, 16n])
  })

  it.each<[string, bigint, object, string]>([
    ['inside a batch', 13n, { code: 'LOG_POSITION', expected: 12n }, 'inside the batch from 12 to 15'],
    ['beyond the head', 17n, { code: 'LOG_POSITION', expected: 16n }, 'ends at LSN 16'],
    ['below what is retained', 9n, { code: 'LOG_RELEASED', expected: 10n }, 'released up to LSN 10'],
  ])('C4 C15 is not read from %s', async (_, from, expected, message) => {
    const log = committed()
    const error = await failure(read(log, from))
    expect(error).toMatchObject(expected)
    expect((error as Error).message).toContain(message)
    expect(log.canReadFrom(from)).toBe(false)
  })

  it('C14 releases whole batches, and none that goes on past the LSN', async () => {
    const log = committed()
    log.release(14n)
    expect(log.oldest).toBe(12n)
    log.release(11n)
    expect(log.oldest).toBe(12n)
    log.release(16n)
    expect({ oldest: log.oldest, head: log.head }).toEqual({ oldest: 16n, head: 16n })
    expect(await read(log, 16n)).toEqual([])
    expect(await failure(read(log, 15n))).toMatchObject({ code: 'LOG_RELEASED' })
  })

  it('C14 gives up what lies further back than its bound, in whole batches, and always keeps the last', () => {
    const log = new MemoryCommitLog(10n, { maxRetained: 5n })
    for (const rows of [2, 3, 1]) log.append(mutations(rows))
    expect(log.oldest).toBe(12n)
    log.append(mutations(1))
    expect(log.oldest).toBe(12n)
    log.append(mutations(9))
    expect({ oldest: log.oldest, head: log.head }).toEqual({ oldest: 17n, head: 26n })
    log.release(26n)
    expect(log.oldest).toBe(26n)
    expect(() => new MemoryCommitLog(0n, { maxRetained: 0n })).toThrow(
      'MemoryCommitLog options.maxRetained: expected a bigint, 1 or more, and got 0n',
    )
  })

  it('C14 C15 gives up what is just being read', async () => {
    const log = new MemoryCommitLog(0n, { maxRetained: 2n })
    for (let commit = 0; commit < 2; commit += 1) log.append(mutations(1))
    const reading = log.read(0n)[Symbol.asyncIterator]()
    expect((await reading.next()).value).toMatchObject({ lsnStart: 0n })
    for (let commit = 0; commit < 3; commit += 1) log.append(mutations(1))
    expect(await failure(reading.next())).toMatchObject({ code: 'LOG_RELEASED', expected: 3n, found: 1n })
  })

  it('keeps the LSNs of commits that are counted elsewhere', async () => {
    const log = new MemoryCommitLog(1_000n)
    log.append(mutations(2), new Date(0), 1_096n)
    log.append(mutations(1), new Date(0), 2_048n)
    expect((await read(log, 1_000n)).map(({ lsnStart, lsnEnd }) => [lsnStart, lsnEnd])).toEqual([
      [1_000n, 1_096n],
      [1_096n, 2_048n],
    ])
    expect(() => log.append(mutations(1), new Date(0), 2_048n)).toThrow('ends above the head of the log, 2048')
    expect(log.head).toBe(2_048n)
  })

  it('forgets cheaply and finds everything, however often it is released', () => {
    const log = new MemoryCommitLog()
    for (let lsn = 0n; lsn < 2_000n; lsn += 1n) {
      log.append(mutations(1))
      if (lsn % 3n === 0n) log.release(lsn - 10n)
      expect(log.canReadFrom(log.oldest) && log.canReadFrom(lsn)).toBe(true)
    }
    expect(log.oldest).toBe(1_988n)
  })

  it('wakes who waits for an LSN once it is committed', async () => {
    const log = committed()
    const { signal } = new AbortController()
    await log.waitFor(15n, signal)
    const woken: string[] = []
    const near = log.waitFor(16n, signal).then(() => woken.push('16'))
    const far = log.waitFor(18n, signal).then(() => woken.push('18'))
    log.append(mutations(1))
    await near
    expect(woken).toEqual(['16'])
    log.append(mutations(2))
    await far
    expect(woken).toEqual(['16', '18'])
  })

  it('rejects a wait with the reason of its signal', async () => {
    const log = committed()
    const waiting = new AbortController()
    const waits = [failure(log.waitFor(16n, waiting.signal))]
    waiting.abort('enough')
    waits.push(failure(log.waitFor(16n, waiting.signal)))
    expect(await Promise.all(waits)).toEqual(['enough', 'enough'])
  })

  it('I12 leaves no listener on the signal of a wait that has ended, whichever way', async () => {
    const log = committed()
    const [waking, waiting] = [new AbortController(), new AbortController()]
    const waits = [log.waitFor(16n, waking.signal), failure(log.waitFor(17n, waiting.signal))]
    const listeners = (): number[] => [waking, waiting].map(({ signal }) => getEventListeners(signal, 'abort').length)
    expect(listeners()).toEqual([1, 1])
    log.append(mutations(1))
    waiting.abort('enough')
    await Promise.all(waits)
    expect(listeners()).toEqual([0, 0])
  })

  it('I12 puts one listener on a signal that many wait by', async () => {
    const log = committed()
    const { signal } = new AbortController()
    const waits = Array.from({ length: 20 }, () => log.waitFor(16n, signal))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    log.append(mutations(1))
    await Promise.all(waits)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('refuses a commit without mutations', () => {
    const log = committed()
    expect(() => log.append(mutations(0))).toThrow('at least one mutation')
    expect(log.head).toBe(16n)
  })
})
