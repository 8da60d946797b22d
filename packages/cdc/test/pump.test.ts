import { PluginHost, ReloadError, Slices, stopAndCopy } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import {
  CdcPump,
  MemoryCheckpointStore,
  MemoryCommitLog,
  cdcHandoff,
  cdcOutput,
  type CdcOutputProvider,
  type CdcStream,
} from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, Events, plugin, turn, whatIsDue } from './support/host.js'
import { mutations } from './support/mutations.js'
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
    expect(app.status()).toEqual({
      name: 'orders',
      key: 'warehouse',
      state: 'running',
      position: 3n,
      checkpoint: 3n,
      lag: 0n,
      retained: true,
      failures: 0,
    })
    expect(app.events.of('opened')).toEqual([{ stream: 'orders', type: 'opened', fromLsn: 0n }])
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
    expect(sink.calls.filter((call) => call.includes('deliver'))).toEqual([
      'v1.deliver 0',
      'v1.deliver 1',
      'v2.deliver 1',
    ])
    expect(app.status()).toMatchObject({ position: 3n, checkpoint: 3n })
  })

  it('C13 I4 goes back to the checkpoint of a stream that took over in the middle of a catch-up', async () => {
    const app = new Application()
    const sink = new Sink()
    const slow = new Hang()
    const v1 = provider(sink, {
      guarantee: 'at-least-once',
      faults: { checkpoint: () => 0n, deliver: ({ lsnStart }) => (lsnStart === 1n ? slow.call() : undefined) },
    })
    await app.host.add(plugin('1.0.0', v1))
    for (let commit = 0; commit < 3; commit += 1) app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await slow.reached
    const reloaded = app.reload(plugin('2.0.0', provider(sink, { version: 'v2', guarantee: 'at-least-once' })))
    await whatIsDue()
    slow.release()
    await reloaded
    await app.events.idleAt(3n)
    expect(sink.lsns).toEqual([0n, 1n, 0n, 1n, 2n])
    expect(app.events.of('moved')).toEqual([{ stream: 'orders', type: 'moved', from: 2n, to: 0n }])
    expect([...app.events.of('retry'), ...app.events.of('halted')]).toEqual([])
  })

  it('C13 I4 goes on where it was with a stream of which the host does not know where it continues', async () => {
    const log = new MemoryCommitLog()
    const events = new Events()
    const strategy: ReturnType<typeof cdcHandoff> = {
      ...cdcHandoff(),
      handoff: (job, ctx) =>
        stopAndCopy<CdcOutputProvider, CdcStream, bigint>(job, ctx, {
          checkpoint: (stream) => stream.checkpoint(),
          stop: (stream) => stream.shutdown(),
          start: (next, fromLsn, { signal }) => next.start({ fromLsn, signal }),
        }),
    }
    const host = new PluginHost({ strategies: [strategy] })
    const pump = new CdcPump({ host, log, checkpoints: new MemoryCheckpointStore(), onEvent: events.take })
    const sink = new Sink()
    const handle = await host.add(plugin('1.0.0', provider(sink)))
    log.append(mutations(1))
    await pump.start('orders', 'warehouse')
    await events.idleAt(1n)
    await (
      await host.reload(handle, plugin('2.0.0', provider(sink, { version: 'v2' })))
    ).finalized
    log.append(mutations(1))
    await events.idleAt(2n)
    expect(sink.lsns).toEqual([0n, 1n])
    expect(events.of('moved')).toEqual([])
    await pump.stop()
  })

  it('C6 I3 I4 goes on with the old version when the new one does not start', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    app.log.append(mutations(3))
    await app.events.idleAt(3n)
    expect(
      await failure(app.reload(plugin('2.0.0', provider(sink, { version: 'v2', faults: { start: () => null } })))),
    ).toMatchObject({ code: 'HANDOFF', rollbackErrors: [] })
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

  it('refuses a name that is taken, and one it does not know, and says where', async () => {
    const app = new Application()
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    await app.pump.start('orders', 'warehouse')
    const place = { surface: 'cdc-output', resource: 'orders' }
    expect(await failure(app.pump.start('orders', 'warehouse'))).toMatchObject({
      code: 'DUPLICATE',
      ...place,
      key: 'warehouse',
      message: expect.stringContaining('the pump delivers to a stream of this name already') as string,
    })
    const unknown = {
      code: 'RESOURCE_NOT_FOUND',
      ...place,
      resource: 'customers',
      message: expect.stringContaining('the pump has no stream of this name') as string,
      hint: expect.stringContaining('pump.status()') as string,
    }
    expect(() => app.pump.resume('customers')).toThrow(expect.objectContaining(unknown))
    expect(await failure(app.pump.drop('customers'))).toMatchObject(unknown)
    expect(app.pump.status()).toMatchObject([{ name: 'orders', state: 'running' }])
  })

  it('I10 lets others have a turn while a sink that never waits catches up', async () => {
    const app = new Application()
    const sink = new Sink()
    const deliver = async (): Promise<void> => {
      for (const slice = new Slices(); !slice.due();) await Promise.resolve()
    }
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver } })))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(0n)
    for (let commit = 0; commit < 3; commit += 1) app.log.append(mutations(1))
    await turn()
    expect(sink.lsns.length).toBeLessThan(3)
    await app.events.idleAt(3n)
  })

  it('goes on when its observer throws', async () => {
    const sink = new Sink()
    const app = new Application({
      onEvent: () => {
        throw new Error('observer')
      },
    })
    await app.host.add(plugin('1.0.0', provider(sink)))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await sink.called('v1.checkpoint')
    await app.pump.stop()
    expect(await app.checkpoints.load('orders')).toBe(1n)
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

  it('C12 C14 are taken later where one between two batches fails, and the retry names that step', async () => {
    const app = new Application({ checkpointEvery: 1 })
    const sink = new Sink()
    let failures = 1
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            checkpoint: (honest) => {
              if (failures-- > 0) throw new Error('flush failed')
              return honest
            },
          },
        }),
      ),
    )
    for (let commit = 0; commit < 2; commit += 1) app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    const { delayMs, step } = await app.events.nth('retry')
    expect({ step, lsns: sink.lsns }).toEqual({ step: 'checkpoint', lsns: [0n] })
    app.clock.advance(delayMs)
    await app.events.idleAt(2n)
    expect(app.events.of('checkpoint').map(({ lsn }) => lsn)).toEqual([2n])
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

it('I3 I4 I12 a whole application: two streams, a reload of which one fails, an orderly end', async () => {
  const app = new Application()
  const sink = new Sink()
  await app.host.add(plugin('1.0.0', provider(sink, { guarantee: 'at-least-once' })))
  await Promise.all([app.pump.start('orders', 'warehouse'), app.pump.start('customers', 'warehouse')])
  app.log.append(mutations(1))
  await Promise.all([app.events.idleAt(1n), app.events.idleAt(1n, 'customers')])
  let starts = 0
  const error = await failure(
    app.reload(
      plugin(
        '2.0.0',
        provider(sink, {
          version: 'v2',
          faults: {
            start: () => {
              if (++starts === 2) throw new Error('quota')
            },
          },
        }),
      ),
    ),
  )
  expect(ReloadError.is(error) && [error.surface, error.step]).toEqual([cdcOutput.id, 'start'])
  app.log.append(mutations(1))
  await Promise.all([app.events.idleAt(2n), app.events.idleAt(2n, 'customers')])
  expect(sink.open.map(({ provider: version }) => version)).toEqual(['v1', 'v1'])
  expect(sink.lsns.filter((lsn) => lsn === 1n)).toHaveLength(2)
  await app.pump.stop()
  await app.host[Symbol.asyncDispose]()
  expect(app.pendingTimers).toBe(0)
})
