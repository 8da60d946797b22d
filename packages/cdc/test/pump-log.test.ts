import { describe, expect, it } from 'vitest'
import { CdcError, MemoryCheckpointStore, MemoryCommitLog, type CdcBatch } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, plugin, turn } from './support/host.js'
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
    const error = await failure(app.pump.start('orders', 'warehouse'))
    expect(error).toMatchObject({ code: 'LOG_RELEASED', expected: 3n, found: 1n })
    expect((error as Error).message).toContain(
      'continues at LSN 1, and the log was released up to 3: what lies between cannot be delivered any more. Fill the sink up to 3',
    )
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
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            deliver: ({ lsnStart }) => {
              if (lsnStart === 1n) throw new Error('busy')
            },
          },
        }),
      ),
    )
    for (let commit = 0; commit < 4; commit += 1) app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    const { delayMs } = await app.events.nth('retry')
    app.log.release(3n)
    app.clock.advance(delayMs)
    await app.events.idleAt(4n)
    expect(app.events.of('gap')).toMatchObject([{ from: 1n, to: 3n }])
    expect(sink.lsns).toEqual([0n, 3n])
    expect(sink.opened.map(({ fromLsn, shutdowns }) => [fromLsn, shutdowns])).toEqual([
      [0n, 1],
      [3n, 0],
    ])
  })

  it.each<[string, bigint]>([
    ['inside a batch', 1n],
    ['ahead of the log', 9n],
  ])('C4 halts a stream whose stored checkpoint lies %s', async (_, lsn) => {
    const checkpoints = new MemoryCheckpointStore()
    await checkpoints.save('orders', lsn)
    const app = new Application({ checkpoints })
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    app.log.append(mutations(2))
    const error = await failure(app.pump.start('orders', 'warehouse'))
    expect(error).toMatchObject({ code: 'LOG_POSITION', found: lsn })
    expect((error as Error).message).toContain(
      `continues at LSN ${lsn}, where no batch of the log starts (it has 0 to 2). The checkpoint belongs to another log`,
    )
  })

  it.each<[string, unknown, string]>([
    ['a number', 1, '1 (a number)'],
    ['below 0', -1n, '-1'],
    ['a text', '1', '"1"'],
    ['null', null, 'null'],
  ])('C4 opens no stream at what a checkpoint store gives that is no LSN: %s', async (_, given, shown) => {
    const checkpoints = { load: () => Promise.resolve(given as bigint), save: () => Promise.resolve() }
    const app = new Application({ checkpoints })
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    app.log.append(mutations(1))
    const error = await failure(app.pump.start('orders', 'warehouse'))
    expect(error).toMatchObject({ code: 'CHECKPOINT_STORE', found: given })
    expect((error as Error).message).toBe(
      `the checkpoint store must return a bigint of 0 or more, and returned ${shown}`,
    )
    expect(sink.calls).toEqual([])
  })

  it.each<[string, Error, ('retry' | 'halted')[]]>([
    ['is tried again, and is lost only then', new Error('busy'), ['retry']],
    ['halts first', new CdcError('BATCH', 'too wide'), ['halted']],
  ])('C12 C15 a delivery that fails when the log has given it up meanwhile %s', async (_, error, told) => {
    const app = new Application({ onReleased: 'restart-from-oldest' })
    const sink = new Sink()
    const deliver = ({ lsnStart }: CdcBatch): void => {
      if (lsnStart > 0n) return
      app.log.release(1n)
      throw error
    }
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver } })))
    for (let commit = 0; commit < 2; commit += 1) app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    for (const type of told) expect(await app.events.nth(type)).toMatchObject({ step: 'deliver', error })
    expect(app.events.of('gap')).toEqual([])
    app.pump.resume('orders')
    await app.events.idleAt(2n)
    expect(app.events.of('gap')).toEqual([{ stream: 'orders', type: 'gap', from: 0n, to: 1n }])
    expect(sink.lsns).toEqual([1n])
  })

  it('C12 C15 halts a stream whose checkpoint store fails with an error like that of the log', async () => {
    const load = async (): Promise<never> => {
      await turn()
      throw new CdcError('LOG_RELEASED', 'moved to the archive')
    }
    const app = new Application({
      checkpoints: { load, save: () => Promise.resolve() },
      onReleased: 'restart-from-oldest',
    })
    app.log.append(mutations(1))
    const started = failure(app.pump.start('orders', 'warehouse'))
    app.log.release(1n)
    expect(await started).toMatchObject({ code: 'LOG_RELEASED', message: 'moved to the archive' })
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

/** Counts how many batches have been taken out of it. */
class CountingLog extends MemoryCommitLog {
  taken = 0

  override async *read(from: bigint): AsyncGenerator<CdcBatch, void, undefined> {
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
  await app.host.add(
    plugin('1.0.0', provider(sink, { faults: { deliver: ({ lsnStart }) => hangs[Number(lsnStart)]?.call() } })),
  )
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

  override async *read(): AsyncGenerator<CdcBatch, void, undefined> {
    yield this.given
  }
}

describe('a log that is wrong', () => {
  it.each<[string, CdcBatch, object]>([
    [
      'begins elsewhere than it was asked to',
      batch(2n, 3n),
      {
        step: 'read',
        error: {
          code: 'LOG_POSITION',
          expected: 0n,
          found: 2n,
          message: 'the log was asked for LSN 0 and gave a batch that starts at 2',
        },
      },
    ],
    ['gives a malformed batch', { ...batch(0n, 1n), lsnEnd: 0n }, { step: 'deliver', error: { code: 'BATCH' } }],
  ])('C1 halts the stream when it %s', async (_, given, expected) => {
    const app = new Application({ log: new WrongLog(given) })
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    expect(await app.events.nth('halted')).toMatchObject(expected)
    expect(sink.stored).toEqual([])
  })

  it('C12 is waited for again where waiting for it has failed', async () => {
    const error = new Error('connection reset')
    const log = new MemoryCommitLog()
    const waitFor = log.waitFor.bind(log)
    let failures = 1
    log.waitFor = (...args) => (failures-- > 0 ? Promise.reject(error) : waitFor(...args))
    const app = new Application({ log })
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    const { delayMs, step, error: told } = await app.events.nth('retry')
    expect({ step, told }).toEqual({ step: 'wait', told: error })
    app.clock.advance(delayMs)
    log.append(mutations(1))
    await app.events.idleAt(2n)
  })

  it('C12 halts the stream where waiting for it fails each time, though nothing else fails', async () => {
    const error = new Error('connection reset')
    const log = new MemoryCommitLog()
    const waitFor = log.waitFor.bind(log)
    log.waitFor = () => Promise.reject(error)
    const app = new Application({ log })
    app.passTimeOnRetry()
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    await app.pump.start('orders', 'warehouse')
    expect(await app.events.nth('halted')).toMatchObject({ step: 'wait', error })
    expect(app.events.of('retry').map(({ failures }) => failures)).toEqual([1, 2])
    log.waitFor = waitFor
    log.append(mutations(1))
    app.pump.resume('orders')
    await app.events.idleAt(1n)
    expect(app.status()).toMatchObject({ state: 'running', failures: 0 })
  })

  it('C12 was read also where it gave nothing: the next read that fails has all attempts anew', async () => {
    const log = new MemoryCommitLog()
    const read = log.read.bind(log)
    let failures = 2
    log.read = (from) => {
      if (failures-- > 0) throw new Error('connection reset')
      return read(from)
    }
    const app = new Application({ log })
    app.passTimeOnRetry()
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(0n)
    failures = 2
    log.append(mutations(1))
    await app.events.idleAt(1n)
    expect(app.events.of('retry').map(({ step, failures: inARow }) => [step, inARow])).toEqual([
      ['read', 1],
      ['read', 2],
      ['read', 1],
      ['read', 2],
    ])
  })

  it('C12 ends the wait by what it gives: the next wait that fails has all attempts anew', async () => {
    const log = new MemoryCommitLog()
    log.waitFor = async () => {
      log.append(mutations(1))
      throw new Error('connection reset')
    }
    const app = new Application({ log })
    app.passTimeOnRetry()
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(9n)
    expect(new Set(app.events.of('retry').map(({ failures }) => failures))).toEqual(new Set([1]))
    expect(app.events.of('halted')).toEqual([])
    // Its log would give it more for ever.
    await app.pump.stop()
  })
})
