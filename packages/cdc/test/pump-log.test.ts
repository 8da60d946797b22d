import { describe, expect, it } from 'vitest'
import { MemoryCheckpointStore, MemoryCommitLog, type CdcBatch } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, plugin } from './support/host.js'
import { batch, mutations } from './support/mutations.js'
import { provider, Sink } from './support/sink.js'

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
