import { PluginCallError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { MemoryCheckpointStore, MemoryCommitLog, type CdcBatch } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, plugin } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

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
  await Promise.all([
    app.pump.start('orders', 'warehouse', onReleased ? { onReleased } : {}),
    app.pump.start('copy', 'other'),
  ])
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

  it('C14 is said to be overrun though it has never been delivered anything before', async () => {
    const app = new Application({ log: new MemoryCommitLog(0n, { maxRetained: 2n }) })
    const hang = new Hang()
    await app.host.add(plugin('1.0.0', provider(new Sink(), { faults: { deliver: hang.call } })))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await hang.reached
    for (let commit = 0; commit < 2; commit += 1) app.log.append(mutations(1))
    hang.release()
    await app.events.idleAt(3n)
    expect(app.events.of('overrun')).toEqual([{ stream: 'orders', type: 'overrun', checkpoint: 0n, oldest: 1n }])
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
    expect(sink.opened.map(({ fromLsn, gap }) => ({ fromLsn, gap }))).toEqual([
      { fromLsn: 0n, gap: undefined },
      { fromLsn: 3n, gap: { from: 1n, to: 3n } },
    ])
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

  it('C15 C3 a gap is behind the stream once it was told, also where the log has nothing beyond it', async () => {
    const checkpoints = new MemoryCheckpointStore()
    await checkpoints.save('orders', 0n)
    const log = new MemoryCommitLog()
    for (let commit = 0; commit < 3; commit += 1) log.append(mutations(1))
    log.release(3n)
    const app = new Application({ log, checkpoints })
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    await app.pump.start('orders', 'warehouse', { onReleased: 'restart-from-oldest' })
    await app.events.idleAt(3n)
    expect(app.events.of('gap')).toEqual([{ stream: 'orders', type: 'gap', from: 0n, to: 3n }])
    const second = new Application({ log, checkpoints })
    await second.host.add(plugin('1.0.0', provider(new Sink())))
    await second.pump.start('orders', 'warehouse', { onReleased: 'restart-from-oldest' })
    await second.events.idleAt(3n)
    expect(second.events.of('gap')).toEqual([])
  })

  it('C15 asks again for a gap that comes before the stream has caught up behind the last', async () => {
    const app = new Application({ log: new MemoryCommitLog(0n, { maxRetained: 2n }) })
    const sink = new Sink()
    let healthy = false
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            deliver: () => {
              if (!healthy) throw new PluginCallError(1, 'disk full')
            },
          },
        }),
      ),
    )
    const commit = (count: number): void => {
      for (let at = 0; at < count; at += 1) app.log.append(mutations(1))
    }
    commit(1)
    await app.pump.start('orders', 'warehouse')
    await app.events.nth('halted')
    commit(3)
    app.pump.resume('orders', { onReleased: 'restart-from-oldest' })
    await app.events.nth('halted', 2)
    expect(app.events.of('gap')).toEqual([{ stream: 'orders', type: 'gap', from: 0n, to: 2n }])
    commit(2)
    healthy = true
    app.pump.resume('orders')
    expect(await app.events.nth('halted', 3)).toMatchObject({
      error: { code: 'LOG_RELEASED', expected: 4n, found: 2n },
    })
    expect(app.events.of('gap')).toHaveLength(1)
    expect(sink.stored).toEqual([])
  })

  it.each([
    ['has', 1],
    ['never had', 0],
  ])(
    'C15 skips nothing because of what was said while nothing was wrong, in a stream that %s failed before',
    async (_, times) => {
      const app = new Application({ log: new MemoryCommitLog(0n, { maxRetained: 2n }) })
      const hang = new Hang()
      let failures = times
      const deliver = ({ lsnStart }: CdcBatch): void | Promise<void> => {
        if (failures-- > 0) throw new Error('busy')
        return lsnStart === 1n ? hang.call() : undefined
      }
      app.passTimeOnRetry()
      await app.host.add(plugin('1.0.0', provider(new Sink(), { faults: { deliver } })))
      await app.pump.start('orders', 'warehouse')
      app.log.append(mutations(1))
      await app.events.idleAt(1n)
      app.pump.resume('orders', { onReleased: 'restart-from-oldest' })
      app.log.append(mutations(1))
      await hang.reached
      for (let commit = 0; commit < 4; commit += 1) app.log.append(mutations(1))
      hang.release()
      expect(await app.events.nth('halted')).toMatchObject({
        step: 'read',
        error: { code: 'LOG_RELEASED', expected: 4n, found: 2n },
      })
      expect(app.events.of('gap')).toEqual([])
    },
  )

  it('C15 may have a policy of its own', async () => {
    const { app, sink } = await overrun('restart-from-oldest')
    app.pump.resume('orders')
    await app.events.idleAt(6n)
    expect(app.events.of('gap')).toHaveLength(1)
    expect(sink.lsns).toEqual([0n, 3n, 4n, 5n])
  })

  it('C14 C15 goes on without a gap while its next batch is retained, though its checkpoint is not', async () => {
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
    // What it answers is saved once, though it is asked after each batch.
    expect(app.events.of('checkpoint').map(({ lsn }) => lsn)).toEqual([0n, 1n])
    // Handing it over would lose what is between: the reload is refused, and the stream goes on.
    expect(await failure(app.reload(plugin('2.0.0', provider(sink, { version: 'v2' }))))).toMatchObject({
      code: 'HANDOFF',
      step: 'recover',
      cause: { code: 'CHECKPOINT' },
    })
    flushed = 6n
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2' })))
    expect(sink.calls).toContain('v2.start 6')
  })
})
