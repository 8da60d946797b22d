import { describe, expect, it } from 'vitest'
import type { CdcOutputProvider, CdcPrepared, CdcStream } from '../src/index.js'
import { failure, Served, TIMEOUT_MS } from './support/dispatch.js'
import { Application, plugin } from './support/host.js'
import { batch, mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

/** The second version, which makes its streams ready ahead. */
function preparing(
  sink: Sink,
  { prepare, start, instead }: { prepare?: () => unknown; start?: () => unknown; instead?: unknown } = {},
): CdcOutputProvider {
  const own = provider(sink, { version: 'v2', ...(start && { faults: { start } }) })
  return {
    ...own,
    async prepare({ stream }) {
      sink.note(`v2.prepare ${stream}`)
      await prepare?.()
      return (
        instead === undefined ? { start: own.start.bind(own), abandon: () => sink.note('v2.abandon') } : instead
      ) as CdcPrepared
    },
  }
}

describe('a stream that is made ready ahead', () => {
  it('C20 is so while the old one takes deliveries, and started once that is stopped', async () => {
    const [sink, connecting] = [new Sink(), new Hang()]
    const served = await Served.with(provider(sink))
    const dispatched = served.dispatch(preparing(sink, { prepare: connecting.call }))
    await connecting.reached
    await served.gate.write(batch(3n, 4n))
    connecting.release()
    const outcome = await dispatched
    outcome.commit()
    await outcome.finalize()
    expect(sink.calls.slice(2)).toEqual([
      'v2.prepare orders',
      'v1.deliver 3',
      'v1.checkpoint',
      'v1.shutdown',
      'v2.start 4',
      'v2.checkpoint',
    ])
  })

  it('C20 is let go of in a dry run', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    await served.dispatch(preparing(sink), { dryRun: true })
    expect(sink.calls.slice(2)).toEqual(['v2.prepare orders', 'v1.checkpoint', 'v2.abandon'])
  })

  it('C6 C20 is let go of where it does not start, and the old one is started again', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const error = await failure(
      served.dispatch(
        preparing(sink, {
          start: () => {
            throw new Error('no route to host')
          },
        }),
      ),
    )
    expect(error).toMatchObject({ code: 'HANDOFF', step: 'start', rollbackErrors: [] })
    expect(sink.calls.slice(-3)).toEqual(['v2.start 3', 'v2.abandon', 'v1.start 3'])
  })

  it('C20 I8 is let go of where it is ready after its time', async () => {
    const [sink, connecting] = [new Sink(), new Hang()]
    const served = await Served.with(provider(sink))
    const dispatched = failure(served.dispatch(preparing(sink, { prepare: connecting.call })))
    await connecting.reached
    served.clock.advance(TIMEOUT_MS)
    expect(await dispatched).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'prepare', step: 'prepare' })
    connecting.release()
    await sink.called('v2.abandon')
    await served.gate.write(batch(3n, 4n))
    expect({ askedTheOld: sink.calls.includes('v1.checkpoint'), lsns: sink.lsns }).toEqual({
      askedTheOld: false,
      lsns: [0n, 1n, 2n, 3n],
    })
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['an object without start', {}],
    ['a function', () => {}],
  ])('C8 C20 is refused where it is %s', async (_, instead) => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const error = await failure(served.dispatch(preparing(sink, { instead })))
    expect(error).toMatchObject({ code: 'HANDOFF', step: 'prepare', cause: { code: 'STREAM' } })
    expect(sink.calls).not.toContain('v1.checkpoint')
  })
})

describe('a stream that acts by itself', () => {
  /** A provider that notes when its streams begin to act. */
  function acting(sink: Sink, version: string, start?: () => void): CdcOutputProvider {
    const own = provider(sink, { version, ...(start && { faults: { start } }) })
    return {
      ...own,
      async start(ctx): Promise<CdcStream> {
        const stream = await own.start(ctx)
        return {
          deliver: (one) => stream.deliver(one),
          checkpoint: () => stream.checkpoint(),
          shutdown: () => stream.shutdown(),
          activate: () => {
            sink.note(`${version}.activate`)
          },
        }
      },
    }
  }

  it('C21 begins when it is attached, and its successor at the commit', async () => {
    const [app, sink] = [new Application(), new Sink()]
    await app.host.add(plugin('1.0.0', acting(sink, 'v1')))
    await app.pump.start('orders', 'warehouse')
    expect(sink.calls.slice(0, 2)).toEqual(['v1.start 0', 'v1.activate'])
    await app.reload(plugin('2.0.0', acting(sink, 'v2')))
    expect(sink.calls.slice(-5)).toEqual(['v1.checkpoint', 'v1.shutdown', 'v2.start 0', 'v2.checkpoint', 'v2.activate'])
    app.log.append(mutations(1))
    await app.events.idleAt(1n)
    await app.pump.stop()
  })

  it('C6 C21 begins again where it was stopped and started again, and its successor never', async () => {
    const [app, sink] = [new Application(), new Sink()]
    await app.host.add(plugin('1.0.0', acting(sink, 'v1')))
    await app.pump.start('orders', 'warehouse')
    await failure(
      app.reload(
        plugin(
          '2.0.0',
          acting(sink, 'v2', () => {
            throw new Error('no route to host')
          }),
        ),
      ),
    )
    expect(sink.calls.filter((call) => call.endsWith('activate'))).toEqual(['v1.activate', 'v1.activate'])
    await app.pump.stop()
  })
})
