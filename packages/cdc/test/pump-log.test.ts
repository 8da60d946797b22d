import { PluginCallError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { MemoryCheckpointStore, MemoryCommitLog, type CdcBatch } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, plugin } from './support/host.js'
import { batch, mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

async function behind(onReleased: 'fail' | 'restart-from-oldest'): Promise<{ app: Application; sink: Sink }> {
  const checkpoints = new MemoryCheckpointStore()
  await checkpoints.save('orders', 1n)
  const app = new Application({ checkpoints, onReleased })
  const sink = new Sink()
  await app.host.add(plugin('1.0.0', provider(sink)))
  for (let commit = 0; commit < 4; commit += 1) app.log.append(mutations(1))
  app.log.release(3n)
  return { app, sink }
}

describe('what the log no longer has', () => {
  it('C15 halts a stream that needs it', async () => {
    const { app, sink } = await behind('fail')
    expect(await failure(app.pump.start('orders', 'warehouse'))).toMatchObject({ code: 'LOG_RELEASED', expected: 3n, found: 1n })
    expect(sink.opened).toEqual([])
  })

  it('C15 is left out where that was asked for, and said so', async () => {
    const { app, sink } = await behind('restart-from-oldest')
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(4n)
    expect(app.events.of('gap')).toEqual([{ stream: 'orders', type: 'gap', from: 1n, to: 3n }])
    expect(sink.calls[0]).toBe('v1.start 3')
    expect(sink.lsns).toEqual([3n])
  })

  it('C15 is left out in a running stream too, which is closed and opened again', async () => {
    const app = new Application({ onReleased: 'restart-from-oldest' })
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: ({ lsnStart }) => { if (lsnStart === 1n) throw new Error('busy') } } })))
    for (let commit = 0; commit < 4; commit += 1) app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    const { delayMs } = await app.events.nth('retry')
    app.log.release(3n)
    app.clock.advance(delayMs)
    await app.events.idleAt(4n)
    expect(app.events.of('gap')).toMatchObject([{ to: 3n }])
    expect(sink.lsns).toEqual([0n, 3n])
    expect(sink.opened.map(({ fromLsn, shutdowns }) => [fromLsn, shutdowns])).toEqual([[0n, 1], [3n, 0]])
  })

  it.each<[string, bigint]>([['inside a batch', 1n], ['ahead of the log', 9n]])('C4 halts a stream whose stored checkpoint lies %s', async (_, lsn) => {
    const checkpoints = new MemoryCheckpointStore()
    await checkpoints.save('orders', lsn)
    const app = new Application({ checkpoints })
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    app.log.append(mutations(2))
    expect(await failure(app.pump.start('orders', 'warehouse'))).toMatchObject({ code: 'LOG_POSITION', found: lsn })
  })

  it('begins a stream without a checkpoint where it was asked to', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    app.log.append(mutations(2))
    await app.pump.start('orders', 'warehouse', { from: app.log.head })
    app.log.append(mutations(1))
    await app.events.idleAt(3n)
    expect(sink.lsns).toEqual([2n])
  })
})

/** A stream that has halted at LSN 1, while the log went on to 6 and kept the last three. */
async function overrun(onReleased?: 'restart-from-oldest'): Promise<{ app: Application; sink: Sink }> {
  const app = new Application({ log: new MemoryCommitLog(0n, { maxRetained: 3n }) })
  const sink = new Sink()
  let broken = true
  const deliver = ({ lsnStart }: CdcBatch): void => {
    if (broken && lsnStart === 1n) {
      broken = false
      throw new PluginCallError(1, 'disk full')
    }
  }
  await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver } }), provider(new Sink(), { name: 'other' })))
  await Promise.all([app.pump.start('orders', 'warehouse', onReleased ? { onReleased } : {}), app.pump.start('copy', 'other')])
  for (let commit = 1n; commit <= 6n; commit += 1n) {
    app.log.append(mutations(1))
    await app.events.idleAt(commit, 'copy')
    if (commit === 1n) await app.events.idleAt(commit)
  }
  await app.events.nth('halted')
  return { app, sink }
}

describe('a stream that lags further than the log is kept', () => {
  it('C14 C15 is said to be overrun, holds no more than the bound, and stops no other', async () => {
    const { app } = await overrun()
    expect(app.log.oldest).toBe(3n)
    expect(app.events.of('overrun')).toEqual([{ stream: 'orders', type: 'overrun', checkpoint: 1n, oldest: 2n }])
    expect(app.status()).toMatchObject({ state: 'halted', position: 1n, lag: 5n, retained: false })
    expect(app.status('copy')).toMatchObject({ state: 'running', position: 6n, lag: 0n, retained: true })
  })

  it('C15 halts again with a clear error when it is resumed, and skips nothing', async () => {
    const { app, sink } = await overrun()
    app.pump.resume('orders')
    await app.events.nth('resumed')
    const { error } = await app.events.nth('halted', 2)
    expect(error).toMatchObject({ code: 'LOG_RELEASED', expected: 3n, found: 1n, retryable: false })
    expect((error as Error).message).toContain('released up to LSN 3, so 1 cannot be read any more')
    expect(sink.lsns).toEqual([0n])
  })

  it('C15 goes on past the gap once somebody decides so, tells it, and tells the sink', async () => {
    const { app, sink } = await overrun()
    app.pump.resume('orders', { onReleased: 'restart-from-oldest' })
    await app.events.idleAt(6n)
    expect(app.events.of('gap')).toEqual([{ stream: 'orders', type: 'gap', from: 1n, to: 3n }])
    expect(sink.opened.map(({ fromLsn, gap }) => ({ fromLsn, gap }))).toEqual([{ fromLsn: 0n, gap: undefined }, { fromLsn: 3n, gap: { from: 1n, to: 3n } }])
    expect(sink.lsns).toEqual([0n, 3n, 4n, 5n])
    expect(app.status()).toMatchObject({ state: 'running', checkpoint: 6n, retained: true })
  })

  it('C15 asks again the next time: a decision is for one gap', async () => {
    const { app } = await overrun()
    app.pump.resume('orders', { onReleased: 'restart-from-oldest' })
    await app.events.idleAt(6n)
    const checkpoints = new MemoryCheckpointStore()
    await checkpoints.save('orders', 0n)
    await app.pump.drop('orders')
    const second = new Application({ log: app.log, checkpoints })
    await second.host.add(plugin('1.0.0', provider(new Sink())))
    expect(await failure(second.pump.start('orders', 'warehouse'))).toMatchObject({ code: 'LOG_RELEASED' })
  })

  it('C15 skips nothing because of what was said while nothing was wrong', async () => {
    const app = new Application({ log: new MemoryCommitLog(0n, { maxRetained: 2n }) })
    const hang = new Hang()
    await app.host.add(plugin('1.0.0', provider(new Sink(), { faults: { deliver: ({ lsnStart }) => lsnStart === 1n ? hang.call() : undefined } })))
    await app.pump.start('orders', 'warehouse')
    app.log.append(mutations(1))
    await app.events.idleAt(1n)
    app.pump.resume('orders', { onReleased: 'restart-from-oldest' })
    app.log.append(mutations(1))
    await hang.reached
    for (let commit = 0; commit < 4; commit += 1) app.log.append(mutations(1))
    hang.release()
    expect(await app.events.nth('halted')).toMatchObject({ step: 'read', error: { code: 'LOG_RELEASED', expected: 4n, found: 2n } })
    expect(app.events.of('gap')).toEqual([])
  })

  it('C15 may have a policy of its own', async () => {
    const { app, sink } = await overrun('restart-from-oldest')
    app.pump.resume('orders')
    await app.events.idleAt(6n)
    expect(app.events.of('gap')).toHaveLength(1)
    expect(sink.lsns).toEqual([0n, 3n, 4n, 5n])
  })

  it('C14 C15 goes on without a gap while its next batch is still there, though its checkpoint has fallen off', async () => {
    const app = new Application({ log: new MemoryCommitLog(0n, { maxRetained: 2n }), checkpointEvery: 1 })
    const sink = new Sink()
    let flushed = 0n
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { checkpoint: () => flushed } })))
    await app.pump.start('orders', 'warehouse')
    for (let commit = 1n; commit <= 5n; commit += 1n) {
      app.log.append(mutations(1))
      await app.events.idleAt(commit)
    }
    expect(app.events.of('overrun')).toHaveLength(1)
    flushed = 1n
    app.log.append(mutations(1))
    await app.events.idleAt(6n)
    expect(await app.checkpoints.load('orders')).toBe(1n)
    expect(app.status()).toMatchObject({ state: 'running', retained: false })
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n, 4n, 5n])
    // Handing it over would lose what is between: the reload is refused, and the stream goes on.
    expect(await failure(app.reload(plugin('2.0.0', provider(sink, { version: 'v2' }))))).toMatchObject({ code: 'HANDOFF', step: 'checkpoint', cause: { code: 'CHECKPOINT' } })
    flushed = 6n
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2' })))
    expect(sink.calls.at(-1)).toBe('v2.start 6')
  })
})

/** Counts how many batches have been taken out of it. */
class CountingLog extends MemoryCommitLog {
  taken = 0

  override async * read(from: bigint): AsyncGenerator<CdcBatch, void, undefined> {
    for await (const batch of super.read(from)) {
      this.taken += 1
      yield batch
    }
  }
}

it('C11 a slow sink is read for no further than the batch it is taking: nothing is buffered ahead of it', async () => {
  const log = new CountingLog()
  const app = new Application({ log })
  const sink = new Sink()
  const hangs = [new Hang(), new Hang()] as const
  await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: ({ lsnStart }) => hangs[Number(lsnStart)]?.call() } })))
  for (let commit = 0; commit < 1_000; commit += 1) log.append(mutations(1))
  await app.pump.start('orders', 'warehouse')
  for (const [at, hang] of hangs.entries()) {
    await hang.reached
    expect(log.taken).toBe(at + 1)
    hang.release()
  }
  await app.events.idleAt(1_000n)
  expect(sink.lsns).toHaveLength(1_000)
})

class WrongLog extends MemoryCommitLog {
  constructor(readonly given: CdcBatch) {
    super()
    this.append(mutations(3))
  }

  override async * read(): AsyncGenerator<CdcBatch, void, undefined> {
    yield this.given
  }
}

describe('a log that is wrong', () => {
  it.each<[string, CdcBatch, object]>([
    ['begins elsewhere than it was asked to', batch(2n, 3n), { code: 'LOG_POSITION', expected: 0n, found: 2n }],
    ['gives a malformed batch', { ...batch(0n, 1n), lsnEnd: 0n }, { code: 'BATCH' }],
  ])('C1 halts the stream when it %s', async (_, given, expected) => {
    const app = new Application({ log: new WrongLog(given) })
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    expect((await app.events.nth('halted')).error).toMatchObject(expected)
    expect(sink.stored).toEqual([])
  })
})
