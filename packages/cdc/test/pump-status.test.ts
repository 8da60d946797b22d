import { ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { MemoryCheckpointStore, MemoryCommitLog, type CdcBatch } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, plugin } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

const busy = new Error('busy')

/** A log that cannot be read at first. */
class FlakyLog extends MemoryCommitLog {
  failing = true

  override async *read(from: bigint): AsyncGenerator<CdcBatch, void, undefined> {
    if (this.failing) throw busy
    yield* super.read(from)
  }
}

/** A stream whose first delivery fails, and whose second hangs. */
async function secondAttempt(again: (app: Application) => void): Promise<{ app: Application; second: Hang }> {
  const app = new Application()
  const second = new Hang()
  let attempts = 0
  await app.host.add(
    plugin(
      '1.0.0',
      provider(new Sink(), {
        faults: {
          deliver: () => {
            if (++attempts === 1) throw busy
            return second.call()
          },
        },
      }),
    ),
  )
  app.log.append(mutations(1))
  await app.pump.start('orders', 'warehouse')
  await app.events.nth('retry')
  again(app)
  await second.reached
  return { app, second }
}

describe('the status of a stream', () => {
  it('is opening while the stream is being started, and running from then on', async () => {
    const app = new Application()
    const [opening, delivering] = [new Hang(), new Hang()]
    await app.host.add(
      plugin('1.0.0', provider(new Sink(), { faults: { start: opening.call, deliver: delivering.call } })),
    )
    app.log.append(mutations(1))
    const started = app.pump.start('orders', 'warehouse')
    expect(app.status()).toMatchObject({ state: 'opening' })
    opening.release()
    await started
    await delivering.reached
    expect(app.status()).toEqual({
      name: 'orders',
      key: 'warehouse',
      state: 'running',
      position: 0n,
      checkpoint: undefined,
      lag: 1n,
      retained: true,
      failures: 0,
    })
    delivering.release()
  })

  it('C12 is opening again while a stream that did not start is being tried again, with what failed', async () => {
    const app = new Application()
    const second = new Hang()
    let starts = 0
    await app.host.add(
      plugin(
        '1.0.0',
        provider(new Sink(), {
          faults: {
            start: () => {
              if (++starts === 1) throw busy
              return second.call()
            },
          },
        }),
      ),
    )
    const started = app.pump.start('orders', 'warehouse')
    const { delayMs, step } = await app.events.nth('retry')
    expect(step).toBe('open')
    expect(app.status()).toMatchObject({ state: 'retrying', failures: 1 })
    app.clock.advance(delayMs)
    await second.reached
    expect(app.status()).toMatchObject({ state: 'opening', failures: 1, error: { cause: busy } })
    second.release()
    await started
  })

  it.each<[string, (app: Application) => void, number]>([
    ['when its time has come', (app) => app.clock.advance(1_000), 1],
    ['by resume, with all its attempts', (app) => app.pump.resume('orders'), 0],
  ])('C12 goes on telling what failed until that has worked, when it is tried again %s', async (_, again, failures) => {
    const { app, second } = await secondAttempt(again)
    expect(app.status()).toMatchObject({ state: 'retrying', failures, error: busy })
    second.release()
    await app.events.idleAt(1n)
    expect(app.status()).toMatchObject({ state: 'running', failures: 0 })
    expect(app.status()).not.toHaveProperty('error')
  })

  it('C12 has no error once the log can be read again, while the batch is still being delivered', async () => {
    const log = new FlakyLog()
    const app = new Application({ log })
    const delivering = new Hang()
    await app.host.add(plugin('1.0.0', provider(new Sink(), { faults: { deliver: delivering.call } })))
    log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    const { delayMs, step } = await app.events.nth('retry')
    expect(step).toBe('read')
    expect(app.status()).toMatchObject({ state: 'retrying', failures: 1, error: busy })
    log.failing = false
    app.clock.advance(delayMs)
    await delivering.reached
    expect(app.status()).toMatchObject({ state: 'running', failures: 0 })
    expect(app.status()).not.toHaveProperty('error')
    delivering.release()
  })

  it('C13 has no error any more of a failed delivery that the stream of a new version has behind it', async () => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            delivered: () => {
              throw new Error('connection reset')
            },
          },
        }),
      ),
    )
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.nth('retry')
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2' })))
    await app.events.idleAt(1n)
    expect(app.status()).toMatchObject({ state: 'running', position: 1n, failures: 0 })
    expect(app.status()).not.toHaveProperty('error')
    expect(sink.lsns).toEqual([0n])
  })

  it('C14 tells the saved checkpoint as soon as the stream is open', async () => {
    const checkpoints = new MemoryCheckpointStore()
    await checkpoints.save('orders', 2n)
    const app = new Application({ checkpoints })
    await app.host.add(plugin('1.0.0', provider(new Sink())))
    app.log.append(mutations(2))
    await app.pump.start('orders', 'warehouse')
    expect(app.status()).toMatchObject({ position: 2n, checkpoint: 2n })
    expect(app.events.of('opened')).toEqual([{ stream: 'orders', type: 'opened', fromLsn: 2n }])
  })

  it('C7 C12 stays halted, which is told once, while a stream without a resource is tried now and then', async () => {
    const checkpoints = new MemoryCheckpointStore()
    const load = (): Promise<never> =>
      Promise.reject(new ReloadError('RESOURCE_HALTED', 'the table of checkpoints is down'))
    const app = new Application({
      checkpoints: { load, save: (name, lsn) => checkpoints.save(name, lsn) },
      retry: { attempts: 1, maxMs: 1_000 },
    })
    await failure(app.pump.start('orders', 'warehouse'))
    for (let nth = 1; nth <= 2; nth += 1) {
      expect(await app.events.nth('retry', nth)).toMatchObject({ step: 'open', delayMs: 1_000 })
      app.clock.advance(1_000)
    }
    await app.events.nth('retry', 3)
    expect(app.events.of('halted')).toHaveLength(1)
    expect(app.status()).toMatchObject({ state: 'halted', failures: 3 })
  })
})
