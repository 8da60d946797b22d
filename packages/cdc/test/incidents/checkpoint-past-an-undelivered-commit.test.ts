/**
 * The incident: the position that a replicating runtime confirmed to its database was how far it had read by the time
 * it confirmed, and not how far the sink had everything. A commit that arrived while a checkpoint was under way was
 * counted in. The database let go of it; after a crash the runtime went on behind it, and it was in neither place.
 * Reported in https://github.com/apache/flink-cdc/issues/2538 and https://github.com/osmanahmadxai/SYNCLE/pull/33.
 *
 * What holds here: a checkpoint is what the sink says that it has durable, as it said it. Whatever is committed or
 * delivered meanwhile is not part of it, the log is released up to it and no further, and after a crash the stream goes
 * on exactly there.
 */
import { describe, expect, it } from 'vitest'
import { MemoryCheckpointStore, MemoryCommitLog, type CheckpointStore } from '../../src/index.js'
import { Application, plugin } from '../support/host.js'
import { mutations } from '../support/mutations.js'
import { Hang, provider, Sink } from '../support/sink.js'
import { Life, World } from '../support/world.js'

/** A store whose first save takes until it is let go on. */
function slowStore(): { store: CheckpointStore; hang: Hang } {
  const kept = new MemoryCheckpointStore()
  const hang = new Hang()
  let saves = 0
  const store: CheckpointStore = {
    load: (stream) => kept.load(stream),
    async save(stream, lsn) {
      saves += 1
      if (saves === 1) await hang.call()
      await kept.save(stream, lsn)
    },
  }
  return { store, hang }
}

describe('a checkpoint', () => {
  it('C3 C14 I5 does not cover what is committed while it is being saved', async () => {
    const log = new MemoryCommitLog()
    const { store, hang } = slowStore()
    const sink = new Sink()
    const stuck = new Hang()
    const app = new Application({ log, checkpoints: store })
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, { faults: { deliver: ({ lsnStart }) => (lsnStart === 2n ? stuck.call() : undefined) } }),
      ),
    )
    log.append(mutations(2))
    await app.pump.start('orders', 'warehouse')
    await hang.reached
    log.append(mutations(1))
    expect(log.oldest).toBe(0n)
    hang.release()
    await stuck.reached
    expect(app.events.of('checkpoint').map(({ lsn }) => lsn)).toEqual([2n])
    expect({ orders: await store.load('orders'), oldest: log.oldest, head: log.head }).toEqual({
      orders: 2n,
      oldest: 2n,
      head: 3n,
    })

    // The process ends here, with the delivery still under way. Another one takes over what it has left.
    const next = new Application({ log, checkpoints: store })
    const after = new Sink()
    await next.host.add(plugin('1.0.0', provider(after)))
    await next.pump.start('orders', 'warehouse')
    await next.events.idleAt(3n)
    expect(after.calls[0]).toBe('v1.start 2')
    expect([...sink.lsns, ...after.lsns]).toEqual([0n, 1n, 2n])
  })

  it('C3 C14 I5 does not cover what was delivered and is not durable: a crash loses none of it', async () => {
    const world = new World()
    world.lagging = 2
    for (let nth = 0; nth < 4; nth += 1) world.log.append(mutations(1))
    const life = new Life(world)
    await life.host.add(life.version('1.0.0'))
    await life.startAll()
    await life.events.idleAt(4n, 'buffered')
    await life.events.idleAt(4n, 'exact')
    life.crash(false)
    const stored = (): bigint[] | undefined => world.durable.get('buffered')?.map(({ lsnStart }) => lsnStart)
    expect(stored()).toEqual([0n, 1n])
    expect({
      bufferedLast: world.saved.get('buffered')?.at(-1),
      exactLast: world.saved.get('exact')?.at(-1),
      oldest: world.log.oldest,
    }).toEqual({ bufferedLast: 2n, exactLast: 4n, oldest: 2n })

    world.heal()
    const next = new Life(world)
    await next.host.add(next.version('1.0.0'))
    await next.startAll()
    await next.events.idleAt(4n, 'buffered')
    expect(stored()).toEqual([0n, 1n, 2n, 3n])
  })

  it('C3 C14 C22 I5 that claims more than was delivered is neither saved nor released for, nor started at', async () => {
    const app = new Application()
    app.passTimeOnRetry()
    const sink = new Sink()
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { checkpoint: (honest) => honest + 1n } })))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    const { step } = await app.events.nth('halted')
    app.log.append(mutations(1))
    expect(step).toBe('checkpoint')
    expect(app.events.of('checkpoint')).toEqual([])
    expect({ orders: await app.checkpoints.load('orders'), oldest: app.log.oldest }).toEqual({
      orders: undefined,
      oldest: 0n,
    })

    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2' })))
    await app.events.idleAt(2n)
    expect(sink.calls.filter((call) => call.includes('start'))).toEqual(['v1.start 0', 'v2.start 0'])
    expect(sink.lsns).toEqual([0n, 1n])
    expect({ orders: await app.checkpoints.load('orders'), oldest: app.log.oldest }).toEqual({ orders: 2n, oldest: 2n })
  })

  it('C5 I5 is where the next version takes up the stream, though commits come in during the reload', async () => {
    const app = new Application()
    const sink = new Sink()
    const during = (): undefined => {
      app.log.append(mutations(1))
    }
    await app.host.add(plugin('1.0.0', provider(sink, { guarantee: 'at-least-once' })))
    app.log.append(mutations(2))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(2n)
    await app.reload(
      plugin('2.0.0', provider(sink, { version: 'v2', guarantee: 'at-least-once', faults: { start: during } })),
    )
    await app.events.idleAt(3n)
    expect(sink.calls).toContain('v2.start 2')
    expect(sink.lsns).toEqual([0n, 1n, 2n])
  })
})
