import { PluginCallError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import type { CdcOutputProvider } from '../src/index.js'
import { Application, plugin } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink, type ProviderOptions } from './support/sink.js'

/** One provider whose streams each write to a sink of their own. */
function apart(sinks: ReadonlyMap<string, Sink>, options: (stream: string) => ProviderOptions): CdcOutputProvider {
  return {
    name: 'warehouse',
    start(ctx) {
      const sink = sinks.get(ctx.stream ?? '')
      if (sink === undefined) throw new Error(`no sink for the stream ${ctx.stream}`)
      return provider(sink, options(ctx.stream ?? '')).start(ctx)
    },
  }
}

function sinksFor(count: number): Map<string, Sink> {
  return new Map(Array.from({ length: count }, (_, at) => [`stream ${at}`, new Sink()]))
}

describe('several streams', () => {
  it('C11 C14 a slow one slows no other, and the log is kept for it', async () => {
    const app = new Application({ checkpointEvery: 1 })
    const [slow, fast] = [new Sink(), new Sink()]
    const hang = new Hang()
    await app.host.add(
      plugin(
        '1.0.0',
        provider(slow, { name: 'slow', faults: { deliver: hang.call } }),
        provider(fast, { name: 'fast' }),
      ),
    )
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
    await app.host.add(
      plugin(
        '1.0.0',
        provider(bad, {
          name: 'bad',
          faults: {
            deliver: () => {
              throw new PluginCallError(1, 'never')
            },
          },
        }),
        provider(good, { name: 'good' }),
      ),
    )
    app.log.append(mutations(5))
    await Promise.all([app.pump.start('orders', 'bad'), app.pump.start('copy', 'good')])
    await Promise.all([app.events.nth('halted'), app.events.idleAt(5n, 'copy')])
    expect(app.log.oldest).toBe(0n)
    await app.pump.drop('orders')
    expect(app.log.oldest).toBe(5n)
    expect(bad.open).toEqual([])
    expect(app.pump.status().map(({ name }) => name)).toEqual(['copy'])
  })

  it('C14 C17 one that is dropped holds its name and the log until its delivery in flight has settled', async () => {
    const app = new Application()
    const [slow, fast, hang] = [new Sink(), new Sink(), new Hang()]
    await app.host.add(
      plugin(
        '1.0.0',
        provider(slow, { name: 'slow', faults: { deliver: hang.call } }),
        provider(fast, { name: 'fast' }),
      ),
    )
    app.log.append(mutations(5))
    await Promise.all([app.pump.start('orders', 'slow'), app.pump.start('copy', 'fast')])
    await Promise.all([hang.reached, app.events.idleAt(5n, 'copy')])
    const dropped = app.pump.drop('orders')
    expect(app.log.oldest).toBe(0n)
    await expect(app.pump.start('orders', 'slow')).rejects.toMatchObject({ code: 'DUPLICATE' })
    hang.release()
    await dropped
    expect({ open: slow.open, oldest: app.log.oldest, orders: await app.checkpoints.load('orders') }).toEqual({
      open: [],
      oldest: 5n,
      orders: 5n,
    })
    await app.pump.start('orders', 'slow')
    expect(app.status().position).toBe(5n)
  })

  it('C5 C11 C13 I4 as many as there are of one provider, all handed over in one reload', async () => {
    const app = new Application()
    const sinks = sinksFor(200)
    await app.host.add(
      plugin(
        '1.0.0',
        apart(sinks, () => ({ version: 'v1' })),
      ),
    )
    app.log.append(mutations(3))
    await Promise.all(Array.from(sinks.keys(), (name) => app.pump.start(name, 'warehouse')))
    await Promise.all(Array.from(sinks.keys(), (name) => app.events.idleAt(3n, name)))
    await app.reload(
      plugin(
        '2.0.0',
        apart(sinks, () => ({ version: 'v2' })),
      ),
    )
    app.log.append(mutations(1))
    await Promise.all(Array.from(sinks.keys(), (name) => app.events.idleAt(4n, name)))
    for (const sink of sinks.values()) {
      expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
      expect(sink.opened.map(({ provider: version, shutdowns }) => [version, shutdowns])).toEqual([
        ['v1', 1],
        ['v2', 0],
      ])
    }
    expect(app.pump.status()).toHaveLength(200)
    await app.pump.stop()
    expect(app.log.oldest).toBe(4n)
  })

  it('C11 C12 of one provider, one that hangs and one that fails leave the others alone', async () => {
    const app = new Application()
    const sinks = sinksFor(5)
    const hang = new Hang()
    const fail = (): void => {
      throw new PluginCallError(1, 'never')
    }
    const deliver = new Map([
      ['stream 1', hang.call],
      ['stream 3', fail],
    ])
    await app.host.add(
      plugin(
        '1.0.0',
        apart(sinks, (stream) => {
          const fault = deliver.get(stream)
          return { faults: fault ? { deliver: fault } : {} }
        }),
      ),
    )
    await Promise.all(Array.from(sinks.keys(), (name) => app.pump.start(name, 'warehouse')))
    for (let commit = 1n; commit <= 20n; commit += 1n) {
      app.log.append(mutations(1))
      await Promise.all(['stream 0', 'stream 2', 'stream 4'].map((name) => app.events.idleAt(commit, name)))
    }
    expect(app.pump.status().map(({ state, lag }) => [state, lag])).toEqual([
      ['running', 0n],
      ['running', 20n],
      ['running', 0n],
      ['halted', 20n],
      ['running', 0n],
    ])
    expect(app.log.oldest).toBe(0n)
    deliver.clear()
    hang.release()
    app.pump.resume('stream 3')
    await app.events.idleAt(20n, 'stream 1')
  })

  it('C12 each with a patience of its own, and delays that spread', async () => {
    const random = [0, 0.5, 1]
    const app = new Application({
      retry: { attempts: 2, initialMs: 100, maxMs: 1_000, random: () => random.shift() ?? 0 },
    })
    const sinks = sinksFor(3)
    await app.host.add(
      plugin(
        '1.0.0',
        apart(sinks, () => ({
          faults: {
            deliver: () => {
              throw new Error('busy')
            },
          },
        })),
      ),
    )
    app.log.append(mutations(1))
    await Promise.all([
      app.pump.start('stream 0', 'warehouse'),
      app.pump.start('stream 1', 'warehouse'),
      app.pump.start('stream 2', 'warehouse', { retry: { attempts: 1 } }),
    ])
    const delays = await Promise.all(
      ['stream 0', 'stream 1'].map(async (name) => (await app.events.nth('retry', 1, name)).delayMs),
    )
    expect(delays).toEqual([50, 75])
    expect(await app.events.nth('halted', 1, 'stream 2')).toMatchObject({ step: 'deliver' })
    expect(app.events.of('retry', 'stream 2')).toEqual([])
    app.clock.advance(75)
    await Promise.all(['stream 0', 'stream 1'].map((name) => app.events.nth('halted', 1, name)))
    await app.pump.stop()
    expect(app.pendingTimers).toBe(0)
  })
})
