import { describe, expect, it } from 'vitest'
import { CdcError } from '../src/index.js'
import { failure } from './support/dispatch.js'
import { Application, plugin, whatIsDue } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

describe('a stream that does not open', () => {
  it('C12 is tried again, and opens', async () => {
    const app = new Application()
    const sink = new Sink()
    let failures = 1
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            start: () => {
              if (failures-- > 0) throw new Error('no route to host')
            },
          },
        }),
      ),
    )
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
    expect({ retry: app.events.of('retry'), pendingTimers: app.pendingTimers }).toEqual({ retry: [], pendingTimers: 0 })
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
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            start: () => {
              if (broken) throw new Error('v1 is down')
            },
          },
        }),
      ),
    )
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(1n)
    broken = true
    await failure(
      app.reload(
        plugin(
          '2.0.0',
          provider(sink, {
            version: 'v2',
            faults: {
              start: () => {
                throw new Error('v2 is down')
              },
            },
          }),
        ),
      ),
    )
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

  it('C7 C13 after a rollback is the error of the status, not what the sink said of the batch before', async () => {
    const app = new Application()
    const sink = new Sink()
    const [slow, down] = [new Hang(), new Error('down')]
    let broken = false
    const deliver = async (): Promise<void> => {
      await slow.call()
      if (broken) throw new CdcError('OUT_OF_ORDER', 'not that one')
    }
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            deliver,
            start: () => {
              if (broken) throw down
            },
          },
        }),
      ),
    )
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await slow.reached
    broken = true
    const reloaded = failure(
      app.reload(
        plugin(
          '2.0.0',
          provider(sink, {
            version: 'v2',
            faults: {
              start: () => {
                throw down
              },
            },
          }),
        ),
      ),
    )
    await whatIsDue()
    slow.release()
    await reloaded
    const { step, error, delayMs } = await app.events.nth('retry')
    expect({ step, error }).toMatchObject({ step: 'open', error: { code: 'RESOURCE_HALTED' } })
    broken = false
    app.clock.advance(delayMs)
    await app.events.idleAt(1n)
    expect(sink.lsns).toEqual([0n])
    expect(app.events.of('halted')).toEqual([])
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
