import { PluginCallError, ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { CdcPump, MemoryCheckpointStore, MemoryCommitLog, cdcOutput, type CdcBatch, type CommitLog } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, plugin } from './support/host.js'
import { batch, mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

describe('a pump', () => {
  it('C1 I4 delivers what was committed and what is being committed, in order', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    app.log.append(mutations(2))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(2n)
    app.log.append(mutations(1))
    await app.events.idleAt(3n)
    expect(sink.lsns).toEqual([0n, 1n, 2n])
    expect(app.status()).toEqual({ name: 'orders', key: 'warehouse', state: 'running', position: 3n, checkpoint: 3n, lag: 0n, failures: 0 })
  })

  it('C13 I4 I5 delivers on to the new version after a reload, exactly once to a sink that keeps its LSN', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    app.log.append(mutations(3))
    await app.events.idleAt(3n)
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2' })))
    app.log.append(mutations(2))
    await app.events.idleAt(5n)
    expect(sink.calls).toContain('v2.deliver 3')
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n, 4n])
    expect(sink.open.map(({ provider: version }) => version)).toEqual(['v2'])
  })

  it('C13 I4 keeps what is committed during a reload in the log', async () => {
    const app = new Application()
    const sink = new Sink()
    const starting = new Hang()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(0n)
    const reloaded = app.reload(plugin('2.0.0', provider(sink, { version: 'v2', faults: { start: starting.call } })))
    await starting.reached
    app.log.append(mutations(2))
    app.log.append(mutations(2))
    expect(sink.stored).toEqual([])
    starting.release()
    await reloaded
    await app.events.idleAt(4n)
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
  })

  it('C13 I4 delivers again from the checkpoint of an at-least-once sink, though nothing is committed', async () => {
    const app = new Application()
    const sink = new Sink()
    const v1 = provider(sink, { guarantee: 'at-least-once', faults: { checkpoint: () => 1n } })
    await app.host.add(plugin('1.0.0', v1))
    app.log.append(mutations(1))
    app.log.append(mutations(2))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(3n)
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2', guarantee: 'at-least-once' })))
    expect(await app.events.nth('moved')).toMatchObject({ from: 3n, to: 1n })
    await app.events.nth('checkpoint', 2)
    expect(sink.calls.filter((call) => call.includes('deliver'))).toEqual(['v1.deliver 0', 'v1.deliver 1', 'v2.deliver 1'])
    expect(app.status()).toMatchObject({ position: 3n, checkpoint: 3n })
  })

  it('C6 I3 I4 goes on with the old version when the new one does not start', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    app.log.append(mutations(3))
    await app.events.idleAt(3n)
    expect(await failure(app.reload(plugin('2.0.0', provider(sink, { version: 'v2', faults: { start: () => null } }))))).toMatchObject({ code: 'HANDOFF', rollbackErrors: [] })
    app.log.append(mutations(1))
    await app.events.idleAt(4n)
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
    expect(sink.open.map(({ provider: version, fromLsn }) => [version, fromLsn])).toEqual([['v1', 3n]])
  })

  it('C10 is not disturbed by a dry run', async () => {
    const app = new Application()
    const sink = new Sink()
    const handle = await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    await app.host.reload(handle, plugin('2.0.0', provider(sink, { version: 'v2' })), { dryRun: true })
    app.log.append(mutations(1))
    await app.events.idleAt(1n)
    expect(sink.calls.filter((call) => !call.includes('checkpoint'))).toEqual(['v1.start 0', 'v1.deliver 0'])
  })

  it('C17 begins again at the checkpoint after a stop', async () => {
    const store = new MemoryCheckpointStore()
    const log = new MemoryCommitLog()
    const sink = new Sink()
    const first = new Application({ checkpoints: store, log })
    await first.host.add(plugin('1.0.0', provider(sink)))
    await first.pump.start('orders', 'warehouse')
    log.append(mutations(3))
    await first.events.idleAt(3n)
    await first.pump.stop()
    expect(sink.open).toEqual([])
    log.append(mutations(1))
    const second = new CdcPump({ host: first.host, log, checkpoints: store, clock: first.clock, onEvent: first.events.take })
    await second.start('orders', 'warehouse')
    await first.events.idleAt(4n)
    expect(sink.calls).toContain('v1.start 3')
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
    await second.stop()
    expect(first.pendingTimers).toBe(0)
  })

  it('C17 checkpoints on stop what was delivered since', async () => {
    const app = new Application()
    const sink = new Sink()
    const slow = new Hang()
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: slow.call } })))
    app.log.append(mutations(3))
    await app.pump.start('orders', 'warehouse')
    await slow.reached
    const stopped = app.pump.stop()
    slow.release()
    await stopped
    expect(await app.checkpoints.load('orders')).toBe(3n)
    expect(sink.opened.map(({ shutdowns }) => shutdowns)).toEqual([1])
    expect(app.status().state).toBe('stopped')
    expect(await failure(app.pump.start('orders', 'warehouse'))).toMatchObject({ code: 'RESOURCE_CLOSED' })
  })

  it('C9 C17 I8 stops while a stream hangs opening, and closes it when it opens after all', async () => {
    const app = new Application()
    const sink = new Sink()
    const starting = new Hang()
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { start: starting.call } })))
    const started = failure(app.pump.start('orders', 'warehouse'))
    await starting.reached
    await app.pump.stop()
    expect(await started).toMatchObject({ code: 'RESOURCE_CLOSED' })
    starting.release()
    await sink.called('v1.shutdown')
    expect(sink.opened.map(({ shutdowns }) => shutdowns)).toEqual([1])
    expect(sink.opened[0]?.signal.aborted).toBe(true)
  })

  it('C9 leaves the signal of start alone once the stream is open', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    await app.pump.stop()
    expect(sink.opened.map(({ signal }) => signal.aborted)).toEqual([false])
  })

  it('tells of a stop that was not clean', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { shutdown: () => { throw new Error('flush failed') } } })))
    await app.pump.start('orders', 'warehouse')
    await app.pump.stop()
    expect(app.events.of('unclean')).toMatchObject([{ step: 'close', error: { code: 'HANDOFF' } }])
  })

  it('refuses a name that is taken, and one it does not know', async () => {
    const app = new Application()
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    await app.pump.start('orders', 'warehouse')
    expect(await failure(app.pump.start('orders', 'warehouse'))).toMatchObject({ code: 'DUPLICATE' })
    expect(() => app.pump.resume('customers')).toThrow('RESOURCE_NOT_FOUND')
    expect(await failure(app.pump.drop('customers'))).toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
  })

  it('goes on when its observer throws', async () => {
    const sink = new Sink()
    const app = new Application({ onEvent: () => { throw new Error('observer') } })
    await app.host.add(plugin('1.0.0', provider(sink)))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await sink.called('v1.checkpoint')
    await app.pump.stop()
    expect(await app.checkpoints.load('orders')).toBe(1n)
  })
})

describe('a delivery that fails', () => {
  it('C12 is repeated with growing delays, and then goes on', async () => {
    const app = new Application({ retry: { attempts: 9, initialMs: 100, maxMs: 300, random: () => 0.5 } })
    const sink = new Sink()
    let failures = 4
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: () => { if (failures-- > 0) throw new Error('busy') } } })))
    app.log.append(mutations(2))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    const delays: number[] = []
    for (let nth = 1; nth <= 4; nth += 1) {
      const { delayMs } = await app.events.nth('retry', nth)
      expect(app.status()).toMatchObject({ state: 'retrying', position: 0n, failures: nth })
      delays.push(delayMs)
      app.clock.advance(delayMs)
    }
    await app.events.idleAt(3n)
    expect(delays).toEqual([75, 150, 225, 225])
    expect(sink.lsns).toEqual([0n, 1n, 2n])
    expect(app.status()).toMatchObject({ state: 'running', failures: 0 })
  })

  async function haltedApp(sink: Sink): Promise<{ app: Application; heal(): void }> {
    const app = new Application()
    let broken = true
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: ({ lsnStart }) => { if (broken && lsnStart === 2n) throw new Error('poison') } } })))
    for (const rows of [2, 1, 1]) app.log.append(mutations(rows))
    await app.pump.start('orders', 'warehouse')
    for (let nth = 1; nth <= 2; nth += 1) app.clock.advance((await app.events.nth('retry', nth)).delayMs)
    await app.events.nth('halted')
    return { app, heal: () => { broken = false } }
  }

  it('C12 I4 halts its stream after the last attempt, skips nothing, and holds the log', async () => {
    const sink = new Sink()
    const { app } = await haltedApp(sink)
    expect(app.events.of('halted')).toMatchObject([{ step: 'deliver', error: { message: 'poison' } }])
    expect(app.status()).toMatchObject({ state: 'halted', position: 2n, lag: 2n, failures: 3, error: { message: 'poison' } })
    app.log.append(mutations(1))
    app.clock.advance(1_000_000)
    expect(sink.lsns).toEqual([0n, 1n])
    expect(app.log.oldest).toBe(0n)
    expect(app.pendingTimers).toBe(0)
  })

  it('C12 I4 goes on at the same batch when it is resumed', async () => {
    const sink = new Sink()
    const { app, heal } = await haltedApp(sink)
    heal()
    app.pump.resume('orders')
    await app.events.idleAt(4n)
    expect(app.events.of('resumed')).toHaveLength(1)
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
    expect(app.status()).toMatchObject({ state: 'running', failures: 0 })
    expect(app.status()).not.toHaveProperty('error')
  })

  it('C12 gets all its attempts again when it is resumed', async () => {
    const sink = new Sink()
    const { app } = await haltedApp(sink)
    app.pump.resume('orders')
    expect(await app.events.nth('retry', 3)).toMatchObject({ failures: 1 })
  })

  it('C12 C13 I4 goes on at the same batch when the plugin is reloaded', async () => {
    const sink = new Sink()
    const { app } = await haltedApp(sink)
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2' })))
    await app.events.idleAt(4n)
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
    expect(app.events.of('resumed')).toHaveLength(1)
  })

  it('C12 is not repeated where the provider says that it is no use', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: () => { throw new PluginCallError('SCHEMA', 'no such column') } } })))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.nth('halted')
    expect(app.events.of('retry')).toEqual([])
  })

  it('C12 is repeated at once by resume', async () => {
    const app = new Application()
    const sink = new Sink()
    let failing = true
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: () => { if (failing) throw new Error('busy') } } })))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.nth('retry')
    failing = false
    app.pump.resume('orders')
    await app.events.idleAt(1n)
    expect(sink.lsns).toEqual([0n])
    expect(app.pendingTimers).toBe(0)
  })

  it('C12 I8 that hangs is repeated after its deadline, and continues where it got to when it settles late', async () => {
    const app = new Application({ retry: { attempts: Infinity } })
    const sink = new Sink()
    const hang = new Hang()
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: ({ lsnStart }) => lsnStart === 0n ? hang.call() : undefined } })))
    app.log.append(mutations(1))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await hang.reached
    app.clock.advance(30_000)
    const { error, delayMs } = await app.events.nth('retry')
    expect(error).toMatchObject({ code: 'STEP_TIMEOUT' })
    app.passTimeOnRetry()
    hang.release()
    app.clock.advance(delayMs)
    await app.events.idleAt(2n)
    expect(sink.lsns).toEqual([0n, 1n])
    expect(app.events.of('moved')).toMatchObject([{ from: 0n, to: 1n }])
  })
})

describe('a stream that does not open', () => {
  it('C12 is tried again, and opens', async () => {
    const app = new Application()
    const sink = new Sink()
    let failures = 1
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { start: () => { if (failures-- > 0) throw new Error('no route to host') } } })))
    const started = app.pump.start('orders', 'warehouse')
    app.clock.advance((await app.events.nth('retry')).delayMs)
    await started
    expect(sink.open).toHaveLength(1)
  })

  it('C12 C14 halts, rejects its start, is listed, holds the log, and opens when it is resumed', async () => {
    const app = new Application()
    const sink = new Sink()
    app.log.append(mutations(1))
    const error = await failure(app.pump.start('orders', 'warehouse'))
    expect(error).toMatchObject({ code: 'PROVIDER_NOT_FOUND' })
    expect(app.status()).toMatchObject({ state: 'halted', checkpoint: undefined })
    await app.host.add(plugin('1.0.0', provider(sink), provider(sink, { name: 'other', guarantee: 'at-least-once' })))
    await app.pump.start('customers', 'other')
    await app.events.idleAt(1n, 'customers')
    expect(app.log.oldest).toBe(0n)
    app.pump.resume('orders')
    await app.events.idleAt(1n)
    expect(app.log.oldest).toBe(1n)
  })

  it('C7 I4 after a rollback is tried until it does, and then goes on at its checkpoint', async () => {
    const app = new Application()
    const sink = new Sink()
    let broken = false
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { start: () => { if (broken) throw new Error('v1 is down') } } })))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(1n)
    broken = true
    await failure(app.reload(plugin('2.0.0', provider(sink, { version: 'v2', faults: { start: () => { throw new Error('v2 is down') } } }))))
    app.log.append(mutations(1))
    for (let nth = 1; nth <= 2; nth += 1) app.clock.advance((await app.events.nth('retry', nth)).delayMs)
    expect(await app.events.nth('halted')).toMatchObject({ step: 'open', error: { code: 'RESOURCE_HALTED' } })
    expect(app.status()).toMatchObject({ state: 'halted', position: 1n })
    app.clock.advance((await app.events.nth('retry', 3)).delayMs)
    await app.events.nth('retry', 4)
    broken = false
    app.clock.advance(1_000)
    await app.events.idleAt(2n)
    expect(app.events.of('halted')).toHaveLength(1)
    expect(app.events.of('resumed')).toHaveLength(1)
    expect(sink.lsns).toEqual([0n, 1n])
  })

  it('C12 is opened again when it was closed by others, from its checkpoint', async () => {
    const app = new Application()
    const sink = new Sink()
    const handle = await app.host.add(plugin('1.0.0', provider(sink)))
    app.log.append(mutations(2))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(2n)
    await app.host.reload(handle, plugin('2.0.0'), { onOrphan: 'close' })
    expect(await app.events.nth('halted')).toMatchObject({ error: { code: 'RESOURCE_CLOSED' } })
    await app.reload(plugin('3.0.0', provider(sink, { version: 'v3' })))
    app.log.append(mutations(1))
    app.pump.resume('orders')
    await app.events.idleAt(3n)
    expect(sink.calls).toContain('v3.start 2')
    expect(sink.lsns).toEqual([0n, 1n, 2n])
  })
})

describe('several streams', () => {
  it('C11 C14 a slow one slows no other, and the log is kept for it', async () => {
    const app = new Application({ checkpointEvery: 1 })
    const [slow, fast] = [new Sink(), new Sink()]
    const hang = new Hang()
    await app.host.add(plugin('1.0.0', provider(slow, { name: 'slow', faults: { deliver: hang.call } }), provider(fast, { name: 'fast' })))
    await Promise.all([app.pump.start('orders', 'slow'), app.pump.start('copy', 'fast')])
    for (let commit = 0; commit < 100; commit += 1) app.log.append(mutations(1))
    await hang.reached
    await app.events.idleAt(100n, 'copy')
    expect(fast.lsns).toHaveLength(100)
    expect(slow.stored).toEqual([])
    expect(app.log.oldest).toBe(0n)
    hang.release()
    await app.events.idleAt(100n)
    expect(slow.lsns).toEqual(fast.lsns)
    expect(app.log.oldest).toBe(100n)
  })

  it('C14 a halted one holds the log until it is dropped', async () => {
    const app = new Application()
    const [bad, good] = [new Sink(), new Sink()]
    await app.host.add(plugin('1.0.0', provider(bad, { name: 'bad', faults: { deliver: () => { throw new PluginCallError(1, 'never') } } }), provider(good, { name: 'good' })))
    app.log.append(mutations(5))
    await Promise.all([app.pump.start('orders', 'bad'), app.pump.start('copy', 'good')])
    await Promise.all([app.events.nth('halted'), app.events.idleAt(5n, 'copy')])
    expect(app.log.oldest).toBe(0n)
    await app.pump.drop('orders')
    expect(app.log.oldest).toBe(5n)
    expect(bad.open).toEqual([])
    expect(app.pump.status().map(({ name }) => name)).toEqual(['copy'])
  })
})

describe('checkpoints of a pump', () => {
  it('C14 are taken every so many batches, and on idle', async () => {
    const app = new Application({ checkpointEvery: 2 })
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    for (let commit = 0; commit < 5; commit += 1) app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(5n)
    expect(app.events.of('checkpoint').map(({ lsn }) => lsn)).toEqual([2n, 4n, 5n])
  })

  it.each<[string, (honest: bigint) => unknown, string]>([
    ['ahead of what was delivered', (honest) => honest + 1n, 'ahead of what was delivered: 3'],
    ['inside a batch', (honest) => honest - 1n, 'where deliveries cannot go on'],
  ])('C3 C4 I5 %s halt the stream, and neither move its checkpoint nor the log', async (_, checkpoint, message) => {
    const app = new Application()
    await app.host.add(plugin('1.0.0', provider(new Sink(), { faults: { checkpoint } })))
    app.log.append(mutations(3))
    await app.pump.start('orders', 'warehouse')
    const { error, step } = await app.events.nth('halted')
    expect(step).toBe('checkpoint')
    expect((error as Error).message).toContain(message)
    expect(await app.checkpoints.load('orders')).toBeUndefined()
    expect(app.log.oldest).toBe(0n)
  })

  it('C12 C14 that cannot be saved are tried again; deliveries that go well meanwhile do not hide it', async () => {
    const store = new MemoryCheckpointStore()
    const failing = { load: (name: string) => store.load(name), save: () => Promise.reject(new Error('disk full')) }
    const app = new Application({ checkpoints: failing })
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    for (let nth = 1; nth <= 2; nth += 1) {
      const { delayMs } = await app.events.nth('retry', nth)
      app.log.append(mutations(1))
      app.clock.advance(delayMs)
    }
    expect(await app.events.nth('halted')).toMatchObject({ step: 'checkpoint', error: { message: 'disk full' } })
    expect(app.log.oldest).toBe(0n)
  })
})

describe('what the log no longer has', () => {
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

describe('a log that is wrong', () => {
  async function halts(faulty: (log: MemoryCommitLog) => Partial<CommitLog>): Promise<unknown> {
    const log = new MemoryCommitLog()
    log.append(mutations(2))
    log.append(mutations(1))
    const wrong = new Proxy(log, {
      get(target, property) {
        const own: unknown = faulty(log)[property as keyof CommitLog] ?? Reflect.get(target, property, target)
        return typeof own === 'function' ? own.bind(target) : own
      },
    })
    const app = new Application()
    const pump = new CdcPump({ host: app.host, log: wrong, checkpoints: app.checkpoints, clock: app.clock, onEvent: app.events.take })
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await pump.start('orders', 'warehouse').catch(() => {})
    const { error } = await app.events.nth('halted')
    expect(sink.stored).toEqual([])
    return error
  }

  it('C1 halts the stream when it begins elsewhere than it was asked to', async () => {
    expect(await halts(() => ({ async * read(): AsyncGenerator<CdcBatch> { yield batch(2n, 3n) } }))).toMatchObject({ code: 'LOG_POSITION', expected: 0n, found: 2n })
  })

  it('C1 halts the stream when a batch is malformed', async () => {
    expect(await halts(() => ({ async * read(): AsyncGenerator<CdcBatch> { yield { ...batch(0n, 1n), lsnEnd: 0n } } }))).toMatchObject({ code: 'BATCH' })
  })
})

it('an application as the README shows it: two streams, a reload, a dispatch error that names the stream', async () => {
  const app = new Application()
  const sink = new Sink()
  await app.host.add(plugin('1.0.0', provider(sink, { guarantee: 'at-least-once' })))
  await Promise.all([app.pump.start('orders', 'warehouse'), app.pump.start('customers', 'warehouse')])
  app.log.append(mutations(1))
  await Promise.all([app.events.idleAt(1n), app.events.idleAt(1n, 'customers')])
  let starts = 0
  const error = await failure(app.reload(plugin('2.0.0', provider(sink, { version: 'v2', faults: { start: () => { if (++starts === 2) throw new Error('quota') } } }))))
  expect(ReloadError.is(error) && [error.surface, error.step]).toEqual([cdcOutput.id, 'start'])
  app.log.append(mutations(1))
  await Promise.all([app.events.idleAt(2n), app.events.idleAt(2n, 'customers')])
  expect(sink.open.map(({ provider: version }) => version)).toEqual(['v1', 'v1'])
  expect(sink.lsns.filter((lsn) => lsn === 1n)).toHaveLength(2)
  await app.pump.stop()
  await app.host[Symbol.asyncDispose]()
  expect(app.pendingTimers).toBe(0)
})
