import { describe, expect, it } from 'vitest'
import { CdcPump, MemoryCheckpointStore, MemoryCommitLog, type PumpEvent, type PumpStep } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, plugin } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink, type ProviderOptions } from './support/sink.js'

const STOPPED = { code: 'RESOURCE_CLOSED', surface: 'cdc-output', key: 'warehouse', resource: 'orders' }

/** Tells what it was told to release, and how many wait for a commit. */
class WatchedLog extends MemoryCommitLog {
  readonly released: bigint[] = []
  waiting = 0

  override release(upTo: bigint): void {
    this.released.push(upTo)
    super.release(upTo)
  }

  override async waitFor(lsn: bigint, signal: AbortSignal): Promise<void> {
    this.waiting += 1
    try {
      await super.waitFor(lsn, signal)
    } finally {
      this.waiting -= 1
    }
  }
}

/** A pump that is asked to stop while the first of its batches is being delivered. */
async function stoppedWhileDelivering(
  faults: ProviderOptions['faults'],
  batches = 1,
): Promise<{ app: Application; sink: Sink; stop(): Promise<void> }> {
  const app = new Application()
  const [sink, slow] = [new Sink(), new Hang()]
  await app.host.add(plugin('1.0.0', provider(sink, { faults: { ...faults, deliver: slow.call } })))
  for (let at = 0; at < batches; at += 1) app.log.append(mutations(1))
  await app.pump.start('orders', 'warehouse')
  await slow.reached
  const stopped = app.pump.stop()
  return {
    app,
    sink,
    stop: () => {
      slow.release()
      return stopped
    },
  }
}

describe('the end of a pump', () => {
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
    const second = new CdcPump({
      host: first.host,
      log,
      checkpoints: store,
      clock: first.clock,
      onEvent: first.events.take,
    })
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
    expect(app.events.of('stopped')).toEqual([{ stream: 'orders', type: 'stopped' }])
    expect(await failure(app.pump.start('orders', 'warehouse'))).toMatchObject({
      ...STOPPED,
      message: expect.stringContaining('the pump was stopped') as string,
      hint: 'Make another pump.',
    })
  })

  it('C9 C17 I8 stops while a stream hangs opening, and closes it when it opens after all', async () => {
    const app = new Application()
    const sink = new Sink()
    const starting = new Hang()
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { start: starting.call } })))
    const started = failure(app.pump.start('orders', 'warehouse'))
    await starting.reached
    await app.pump.stop()
    expect(await started).toMatchObject(STOPPED)
    starting.release()
    await sink.called('v1.shutdown')
    expect(sink.opened.map(({ shutdowns }) => shutdowns)).toEqual([1])
    expect(sink.opened[0]?.signal.reason).toMatchObject({
      ...STOPPED,
      message: expect.stringContaining('the pump was stopped') as string,
      hint: expect.stringContaining('another pump') as string,
    })
  })

  it('C9 leaves the signal of start alone once the stream is open', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    await app.pump.start('orders', 'warehouse')
    await app.pump.stop()
    expect(sink.opened.map(({ signal }) => signal.aborted)).toEqual([false])
  })

  it.each<[PumpStep, ProviderOptions['faults'], object]>([
    [
      'checkpoint',
      {
        checkpoint: () => {
          throw new Error('flush failed')
        },
      },
      { message: 'flush failed' },
    ],
    [
      'close',
      {
        shutdown: () => {
          throw new Error('flush failed')
        },
      },
      { code: 'HANDOFF', cause: { message: 'flush failed' } },
    ],
  ])('C17 tells of a stop that was not clean: %s', async (step, faults, error) => {
    const { app, sink, stop } = await stoppedWhileDelivering(faults)
    await stop()
    expect(app.events.of('unclean')).toMatchObject([{ step, error }])
    expect(sink.opened.map(({ shutdowns }) => shutdowns)).toEqual([1])
  })

  it('C9 C17 tells when a stream that opened too late could not be closed', async () => {
    const app = new Application()
    const starting = new Hang()
    await app.host.add(
      plugin(
        '1.0.0',
        provider(new Sink(), {
          faults: {
            start: starting.call,
            shutdown: () => {
              throw new Error('flush failed')
            },
          },
        }),
      ),
    )
    void failure(app.pump.start('orders', 'warehouse'))
    await starting.reached
    await app.pump.stop()
    expect(app.events.of('unclean')).toEqual([])
    starting.release()
    expect(await app.events.nth('unclean')).toMatchObject({
      step: 'open',
      error: { code: 'HANDOFF', cause: { message: 'flush failed' } },
    })
  })

  it('C17 I4 delivers nothing after the batch in flight, and does not call that idle', async () => {
    const { app, sink, stop } = await stoppedWhileDelivering({}, 3)
    await stop()
    expect(sink.lsns).toEqual([0n])
    expect(await app.checkpoints.load('orders')).toBe(1n)
    expect(app.events.list.map(({ type }) => type)).toEqual(['opened', 'checkpoint', 'stopped'])
  })

  it('C12 C17 neither retries nor halts for a delivery that fails while it is being stopped', async () => {
    const { app, stop } = await stoppedWhileDelivering({
      delivered: () => {
        throw new Error('connection reset')
      },
    })
    await stop()
    expect(app.events.list.map(({ type }) => type)).toEqual(['opened', 'checkpoint', 'stopped'])
    expect(app.pendingTimers).toBe(0)
  })

  it('C17 takes no checkpoint where nothing was delivered since the last', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(1n)
    await app.pump[Symbol.asyncDispose]()
    expect(sink.calls).toEqual(['v1.start 0', 'v1.deliver 0', 'v1.checkpoint', 'v1.shutdown'])
    expect(app.status().state).toBe('stopped')
  })

  it('C17 ends at once, and cleanly, where a stream could not be opened', async () => {
    const app = new Application()
    await failure(app.pump.start('orders', 'warehouse'))
    await app.pump.stop()
    expect(app.events.list.map(({ type }) => type)).toEqual(['halted', 'stopped'])
  })

  it('C17 opens nothing any more when it comes before the stream was asked for', async () => {
    const loading = new Hang()
    const store = new MemoryCheckpointStore()
    const app = new Application({
      checkpoints: { load: loading.call as () => Promise<undefined>, save: (name, lsn) => store.save(name, lsn) },
    })
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink)))
    const started = failure(app.pump.start('orders', 'warehouse'))
    const stopped = app.pump.stop()
    loading.release()
    await stopped
    expect(await started).toMatchObject(STOPPED)
    expect(sink.calls).toEqual([])
  })

  it.each<[PumpEvent['type'], ProviderOptions['faults']]>([
    ['idle', {}],
    [
      'retry',
      {
        deliver: () => {
          throw new Error('busy')
        },
      },
    ],
  ])(
    'C17 I12 may be asked for by whoever is told of an event (%s), and leaves no timer and no wait behind',
    async (type, faults = {}) => {
      const log = new WatchedLog()
      const app = new Application({ log })
      let stopped: Promise<void> | undefined
      app.events.onTake = (event) => {
        if (event.type === type) stopped ??= app.pump.stop()
      }
      await app.host.add(plugin('1.0.0', provider(new Sink(), { faults })))
      app.log.append(mutations(1))
      await app.pump.start('orders', 'warehouse')
      await app.events.nth('stopped')
      await stopped
      expect({ pendingTimers: app.pendingTimers, waiting: log.waiting }).toEqual({ pendingTimers: 0, waiting: 0 })
    },
  )

  it('C14 releases nothing on account of a stream that was the last to be dropped', async () => {
    const log = new WatchedLog()
    const app = new Application({ log })
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(1n)
    await app.pump.drop('orders')
    expect(log.released).toEqual([1n])
  })
})
