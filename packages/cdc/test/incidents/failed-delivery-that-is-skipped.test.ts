/**
 * The incident: the sink could not be reached, or refused a row. The replicating runtime logged the error and went on
 * with the next change, and its position with it. Its lag fell to 0, all looked well, and what had failed was never
 * delivered: a hole that nobody notices before somebody compares the two sides. Reported in
 * https://github.com/adobe/experience-platform-streaming-connect/issues/19 and, of a whole table,
 * https://github.com/Altinity/clickhouse-sink-connector/issues/1285.
 *
 * What holds here: a delivery that fails is the next one. It is repeated, and where that is no use its stream stands
 * still, says so, and holds the log; whoever repairs the sink gets everything, in order, after a restart and after a
 * reload as well.
 */
import { describe, expect, it } from 'vitest'
import { MemoryCheckpointStore, MemoryCommitLog } from '../../src/index.js'
import { Application, plugin } from '../support/host.js'
import { mutations } from '../support/mutations.js'
import { provider, Sink } from '../support/sink.js'

const ALL = [0n, 1n, 2n, 3n, 4n]

/** What outlives the application, and a sink that refuses the batch at LSN 2 for as long as it is told to. */
class Outside {
  readonly log = new MemoryCommitLog()
  readonly checkpoints = new MemoryCheckpointStore()
  readonly sink = new Sink()
  refuses = true

  /** An application that time passes for whenever it waits to try again. */
  async application(version: string): Promise<Application> {
    const app = new Application({ log: this.log, checkpoints: this.checkpoints })
    app.passTimeOnRetry()
    await app.host.add(this.version(version))
    return app
  }

  version(version: string) {
    return plugin(
      version,
      provider(this.sink, {
        version,
        faults: {
          deliver: ({ lsnStart }) => {
            if (this.refuses && lsnStart === 2n) throw new Error('401 from the sink')
          },
        },
      }),
      provider(new Sink(), { name: 'other' }),
    )
  }

  commit(batches: number): void {
    for (let nth = 0; nth < batches; nth += 1) this.log.append(mutations(1))
  }
}

async function halted() {
  const outside = new Outside()
  outside.commit(4)
  const app = await outside.application('1.0.0')
  await Promise.all([app.pump.start('orders', 'warehouse'), app.pump.start('audit', 'other')])
  await app.events.nth('halted')
  await app.events.idleAt(4n, 'audit')
  return { app, ...outside, outside }
}

describe('a delivery that fails', () => {
  it('C12 C14 is not left behind: the stream shows what it lacks, and no checkpoint moves past it', async () => {
    const { app, log, checkpoints, sink, outside } = await halted()
    outside.commit(1)
    await app.events.idleAt(5n, 'audit')
    expect(app.status()).toMatchObject({
      state: 'halted',
      position: 2n,
      lag: 3n,
      error: { message: '401 from the sink' },
    })
    expect(app.status('audit')).toMatchObject({ state: 'running', position: 5n, lag: 0n })
    expect(sink.lsns).toEqual([0n, 1n])
    await app.pump.stop()
    expect(await checkpoints.load('orders')).toBe(2n)
    expect(await checkpoints.load('audit')).toBe(5n)
    expect(log.oldest).toBeLessThanOrEqual(2n)
  })

  it('C12 I4 leaves no hole, once the sink takes it', async () => {
    const { app, sink, outside } = await halted()
    outside.commit(1)
    outside.refuses = false
    app.pump.resume('orders')
    await app.events.idleAt(5n)
    expect(sink.lsns).toEqual(ALL)
    expect(app.status()).toMatchObject({ state: 'running', lag: 0n })
  })

  it('C12 C13 I4 leaves no hole, once a version that gets it through is reloaded', async () => {
    const { app, sink, outside } = await halted()
    outside.commit(1)
    outside.refuses = false
    await app.reload(outside.version('2.0.0'))
    await app.events.idleAt(5n)
    expect(sink.lsns).toEqual(ALL)
    expect(sink.calls.filter((call) => call.startsWith('2.0.0.deliver'))).toEqual([
      '2.0.0.deliver 2',
      '2.0.0.deliver 3',
      '2.0.0.deliver 4',
    ])
  })

  it('C12 C14 I4 leaves no hole after a restart, though the sink still refuses at first', async () => {
    const { app, sink, outside } = await halted()
    await app.pump.stop()
    outside.commit(1)
    const next = await outside.application('1.0.0')
    const starting = Promise.all([next.pump.start('orders', 'warehouse'), next.pump.start('audit', 'other')])
    await next.events.nth('halted')
    await starting
    expect(next.status()).toMatchObject({ state: 'halted', position: 2n })
    outside.refuses = false
    next.pump.resume('orders')
    await next.events.idleAt(5n)
    expect(sink.lsns).toEqual(ALL)
  })
})
