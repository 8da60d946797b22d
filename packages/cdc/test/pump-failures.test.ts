import { PluginCallError, ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { CdcError } from '../src/index.js'
import { Application, plugin } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

async function haltedApp(sink: Sink): Promise<{ app: Application; heal(): void }> {
  const app = new Application()
  let broken = true
  await app.host.add(
    plugin(
      '1.0.0',
      provider(sink, {
        faults: {
          deliver: ({ lsnStart }) => {
            if (broken && lsnStart === 2n) throw new Error('poison')
          },
        },
      }),
    ),
  )
  for (const rows of [2, 1, 1]) app.log.append(mutations(rows))
  await app.pump.start('orders', 'warehouse')
  for (let nth = 1; nth <= 2; nth += 1) app.clock.advance((await app.events.nth('retry', nth)).delayMs)
  await app.events.nth('halted')
  return {
    app,
    heal: () => {
      broken = false
    },
  }
}

describe('a delivery that fails', () => {
  it('C12 is repeated with growing delays, and then goes on', async () => {
    const app = new Application({ retry: { attempts: 9, initialMs: 100, maxMs: 300, random: () => 0.5 } })
    const sink = new Sink()
    let failures = 4
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            deliver: () => {
              if (failures-- > 0) throw new Error('busy')
            },
          },
        }),
      ),
    )
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

  it('C12 is repeated by the retry options of its stream, or else by those of the pump', async () => {
    const random = (): number => 0
    const app = new Application({ retry: { attempts: 9, initialMs: 100, maxMs: 100, random } })
    const deliver = (): void => {
      throw new Error('busy')
    }
    await app.host.add(plugin('1.0.0', provider(new Sink(), { faults: { deliver } })))
    app.log.append(mutations(1))
    await app.pump.start('patient', 'warehouse')
    await app.pump.start('hasty', 'warehouse', { retry: { attempts: 2, initialMs: 10, maxMs: 10, random } })
    expect(await app.events.nth('retry', 1, 'patient')).toMatchObject({ delayMs: 50 })
    expect(await app.events.nth('retry', 1, 'hasty')).toMatchObject({ delayMs: 5 })
    app.clock.advance(5)
    await app.events.nth('halted', 1, 'hasty')
    expect(app.pump.status().map(({ name, state, failures }) => [name, state, failures])).toEqual([
      ['patient', 'retrying', 1],
      ['hasty', 'halted', 2],
    ])
  })

  it('C12 I4 halts its stream after the last attempt, skips nothing, and holds the log', async () => {
    const sink = new Sink()
    const { app } = await haltedApp(sink)
    expect(app.events.of('halted')).toMatchObject([{ step: 'deliver', error: { message: 'poison' } }])
    expect(app.status()).toMatchObject({
      state: 'halted',
      position: 2n,
      lag: 2n,
      failures: 3,
      error: { message: 'poison' },
    })
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

  it('C12 C13 gets all its attempts again when the plugin is reloaded', async () => {
    const { app } = await haltedApp(new Sink())
    await app.reload(
      plugin(
        '2.0.0',
        provider(new Sink(), {
          version: 'v2',
          faults: {
            deliver: () => {
              throw new Error('poison')
            },
          },
        }),
      ),
    )
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

  it.each<[string, Error]>([
    ['the provider says that it is no use', new PluginCallError('SCHEMA', 'no such column')],
    ...(['PROVIDER_NOT_FOUND', 'NO_STRATEGY', 'DUPLICATE', 'CAPABILITY', 'HOST_CLOSED'] as const).map(
      (code): [string, Error] => [`a host says ${code}`, new ReloadError(code, 'no')],
    ),
  ])('C12 is not repeated where %s', async (_, error) => {
    const app = new Application()
    const sink = new Sink()
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            deliver: () => {
              throw error
            },
          },
        }),
      ),
    )
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    expect(await app.events.nth('halted')).toMatchObject({ step: 'deliver', error })
    expect(app.events.of('retry')).toEqual([])
  })

  it('C12 is repeated where the provider says that it is of use', async () => {
    const app = new Application()
    await app.host.add(
      plugin(
        '1.0.0',
        provider(new Sink(), {
          faults: {
            deliver: () => {
              throw new PluginCallError('BUSY', 'later', { retryable: true })
            },
          },
        }),
      ),
    )
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    expect(await app.events.nth('retry')).toMatchObject({ step: 'deliver', failures: 1 })
  })

  it.each<[string, unknown]>([
    ['a string', 'disk full'],
    ['nothing', undefined],
    ['null', null],
    ['an object without a prototype', Object.create(null)],
  ])('C12 I4 is repeated, and then halts the stream, when the sink throws %s', async (_, thrown) => {
    const sink = new Sink()
    const app = new Application()
    app.passTimeOnRetry()
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            deliver: () => {
              throw thrown
            },
          },
        }),
      ),
    )
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    const { error } = await app.events.nth('halted')
    expect(error).toBe(thrown)
    expect(app.events.of('retry')).toHaveLength(2)
    expect(app.status()).toMatchObject({ state: 'halted', position: 0n })
  })

  it.each<[string, object]>([
    [
      'a proxy that says what it has',
      new Proxy(
        {},
        {
          has() {
            throw new Error('no')
          },
        },
      ),
    ],
    [
      'a proxy that says what it is',
      new Proxy(
        {},
        {
          has: () => true,
          get() {
            throw new Error('no')
          },
        },
      ),
    ],
    ...['code', 'expected', 'retryable', 'cause'].map((key): [string, object] => [
      `a getter of ${key}`,
      Object.defineProperty({}, key, {
        get() {
          throw new Error('no')
        },
      }),
    ]),
  ])(
    'C12 I4 is repeated, and then halts the stream, when the sink throws what throws in turn: %s',
    async (_, thrown) => {
      const app = new Application()
      app.passTimeOnRetry()
      await app.host.add(
        plugin(
          '1.0.0',
          provider(new Sink(), {
            faults: {
              deliver: () => {
                throw thrown
              },
            },
          }),
        ),
      )
      app.log.append(mutations(1))
      await app.pump.start('orders', 'warehouse')
      const { error } = await app.events.nth('halted')
      expect(error).toMatchObject({ message: 'what was thrown throws when it is looked at', cause: { message: 'no' } })
      expect(app.events.of('retry')).toHaveLength(2)
    },
  )

  it('C12 C13 halts the stream when the sink says by itself, over and over, that it continues elsewhere', async () => {
    const app = new Application()
    const sink = new Sink()
    const deliver = (): void => {
      throw new CdcError('OUT_OF_ORDER', 'not that one', { expected: 7n })
    }
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver } })))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    expect(await app.events.nth('halted')).toMatchObject({ step: 'deliver', error: { code: 'OUT_OF_ORDER' } })
    expect(app.status()).toMatchObject({ position: 0n })
    expect(app.events.of('moved')).toEqual([])
  })

  it('C12 C15 halts the stream when the sink says, over and over, that the log has been released', async () => {
    const app = new Application({ onReleased: 'restart-from-oldest' })
    const sink = new Sink()
    const deliver = (): void => {
      throw new CdcError('LOG_RELEASED', 'gone', { expected: 7n })
    }
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver } })))
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    expect(await app.events.nth('halted')).toMatchObject({ step: 'deliver', error: { code: 'LOG_RELEASED' } })
    expect(app.events.of('gap')).toEqual([])
  })

  it('C12 is repeated at once by resume', async () => {
    const app = new Application()
    const sink = new Sink()
    let failing = true
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            deliver: () => {
              if (failing) throw new Error('busy')
            },
          },
        }),
      ),
    )
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.nth('retry')
    failing = false
    app.pump.resume('orders')
    await app.events.idleAt(1n)
    expect(sink.lsns).toEqual([0n])
    expect(app.pendingTimers).toBe(0)
  })

  it('C12 I8 that hangs is repeated after its deadline, and goes on from there when it settles late', async () => {
    const app = new Application({ retry: { attempts: Infinity } })
    const sink = new Sink()
    const hang = new Hang()
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, { faults: { deliver: ({ lsnStart }) => (lsnStart === 0n ? hang.call() : undefined) } }),
      ),
    )
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
