import type { ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { type CdcLsn, type CdcOutputProvider, type CdcStartContext } from '../src/index.js'
import { failure, Served, TIMEOUT_MS } from './support/dispatch.js'
import { batch } from './support/mutations.js'
import { Hang, Point, provider, Sink } from './support/sink.js'

/** The old provider serves, from where the old stream stood, and nothing else is open. */
async function expectOldServes(served: Served, sink: Sink, starts = 2): Promise<void> {
  await served.gate.write(batch(3n, 5n))
  expect(sink.lsns).toEqual([0n, 1n, 2n, 3n, 4n])
  expect(sink.open.map(({ provider: version }) => version)).toEqual(['v1'])
  expect(sink.opened.filter(({ provider: version }) => version === 'v1')).toHaveLength(starts)
  for (const { shutdowns } of sink.opened) expect(shutdowns).toBeLessThanOrEqual(1)
  expect(served.gate.state).toBe('open')
}

describe('a handoff that fails leaves the old version serving (I3)', () => {
  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no route to host')
      },
      'no route to host',
    ],
    ['rejects', () => Promise.reject(new Error('no route to host')), 'no route to host'],
    ['returns null', () => null, 'start() must return a stream with deliver, checkpoint, shutdown, and returned null'],
    ['returns a promise of a string', () => Promise.resolve('stream'), 'returned "stream"'],
  ])('C6 when start of the new one %s', async (_, start, message) => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const error = await failure(served.dispatch(provider(sink, { version: 'v2', faults: { start } })))
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'start',
      surface: 'cdc-output',
      resource: 'orders',
      rollbackErrors: [],
    })
    expect((error as Error).message).toContain(message)
    expect(sink.calls).toContain('v1.start 3')
    await expectOldServes(served, sink)
  })

  it.each<[string, object, string]>([
    ['only a shutdown', { shutdown: () => {} }, 'lacks deliver, checkpoint'],
    ['no shutdown', { deliver: () => {}, checkpoint: () => 0n }, 'lacks shutdown'],
  ])('C8 when start returns what has %s', async (_, misfit, message) => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const { cause } = (await failure(
      served.dispatch(provider(sink, { version: 'v2', faults: { start: () => misfit } })),
    )) as ReloadError
    expect(cause).toMatchObject({
      code: 'STREAM',
      message: `start() must return a stream with deliver, checkpoint, shutdown; this one ${message}`,
      found: misfit,
    })
    await expectOldServes(served, sink)
  })

  it('C8 when start returns nothing', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const v2 = { name: 'warehouse', start: () => undefined } as unknown as CdcOutputProvider
    expect(((await failure(served.dispatch(v2))) as ReloadError).cause).toMatchObject({
      code: 'STREAM',
      found: undefined,
    })
    await expectOldServes(served, sink)
  })

  it('C8 when start returns half a stream, which is shut down', async () => {
    const sink = new Sink()
    let shutdowns = 0
    const served = await Served.with(provider(sink))
    const misfit = {
      deliver: () => {},
      shutdown: () => {
        shutdowns += 1
      },
    }
    const error = await failure(served.dispatch(provider(sink, { version: 'v2', faults: { start: () => misfit } })))
    expect((error as ReloadError).cause).toMatchObject({ code: 'STREAM' })
    expect((error as Error).message).toContain('lacks checkpoint')
    expect(shutdowns).toBe(1)
    await expectOldServes(served, sink)
  })

  it('C6 I8 when start hangs; what it opens afterwards is shut down once', async () => {
    const sink = new Sink()
    const hang = new Hang()
    const served = await Served.with(provider(sink))
    const dispatched = failure(served.dispatch(provider(sink, { version: 'v2', faults: { start: hang.call } })))
    await hang.reached
    served.clock.advance(TIMEOUT_MS)
    expect(await dispatched).toMatchObject({ code: 'STEP_TIMEOUT', step: 'start' })
    hang.release()
    await served.gate.write(batch(3n, 4n))
    await sink.called('v2.shutdown')
    expect(sink.opened.map(({ provider: version, shutdowns }) => [version, shutdowns])).toEqual([
      ['v1', 1],
      ['v1', 0],
      ['v2', 1],
    ])
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
  })

  it('C9 I8 tells a hanging start by its signal', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const begun = new Hang()
    let signal: AbortSignal | undefined
    const v2 = provider(sink, {
      version: 'v2',
      faults: {
        start: (ctx) => {
          signal = ctx.signal
          return begun.call()
        },
      },
    })
    const dispatched = failure(served.dispatch(v2))
    await begun.reached
    expect(signal?.aborted).toBe(false)
    served.clock.advance(TIMEOUT_MS)
    await dispatched
    expect(signal?.aborted).toBe(true)
    await expectOldServes(served, sink)
  })

  it('C6 when the caller aborts, and start heeds it', async () => {
    const sink = new Sink()
    const caller = new AbortController()
    const served = await Served.with(provider(sink))
    const begun = new Point()
    const start = ({ signal }: CdcStartContext): Promise<never> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        begun.reach()
      })
    const dispatched = failure(
      served.dispatch(provider(sink, { version: 'v2', faults: { start } }), { signal: caller.signal }),
    )
    await begun.reached
    caller.abort()
    expect(await dispatched).toMatchObject({ code: 'ABORTED', rollbackErrors: [] })
    await expectOldServes(served, sink)
  })

  it('C6 I8 when the caller aborts, and start opens a stream all the same', async () => {
    const sink = new Sink()
    const hang = new Hang()
    const caller = new AbortController()
    const served = await Served.with(provider(sink))
    const dispatched = failure(
      served.dispatch(provider(sink, { version: 'v2', faults: { start: hang.call } }), { signal: caller.signal }),
    )
    await hang.reached
    caller.abort()
    hang.release()
    expect(await dispatched).toMatchObject({ code: 'ABORTED' })
    expect(sink.calls.slice(-3)).toEqual(['v2.start 3', 'v2.shutdown', 'v1.start 3'])
    await expectOldServes(served, sink)
  })

  it('C6 when the outcome is not committed: the new stream is stopped, the old provider started again', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const outcome = await served.dispatch(provider(sink, { version: 'v2' }))
    await outcome.rollback()
    expect(sink.calls.slice(-4)).toEqual(['v2.start 3', 'v2.checkpoint', 'v2.shutdown', 'v1.start 3'])
    await expectOldServes(served, sink)
  })

  it('C6 I8 when shutdown of the new one hangs during the rollback', async () => {
    const sink = new Sink()
    const hang = new Hang()
    const served = await Served.with(provider(sink))
    const outcome = await served.dispatch(provider(sink, { version: 'v2', faults: { shutdown: hang.call } }))
    const rolledBack = failure(outcome.rollback())
    await hang.reached
    served.clock.advance(TIMEOUT_MS)
    expect(await rolledBack).toBeInstanceOf(AggregateError)
    await expectOldServes(served, sink)
  })

  it.each<[string, (honest: CdcLsn) => unknown, string]>([
    [
      'runs ahead of where it was started',
      (honest) => honest + 1n,
      'checkpoint() returned 4, ahead of what was delivered: 3',
    ],
    ['falls behind where it was started', () => 0n, 'checkpoint() returned 0, behind the previous checkpoint: 3'],
    [
      'throws',
      () => {
        throw new Error('no such table')
      },
      'no such table',
    ],
  ])('C5 I5 when the first checkpoint of the new one %s', async (_, checkpoint, message) => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const error = await failure(served.dispatch(provider(sink, { version: 'v2', faults: { checkpoint } })))
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'verify',
      resource: 'orders',
      rollbackErrors: [],
    })
    expect((error as Error).message).toContain(message)
    await expectOldServes(served, sink)
  })

  it('C5 I5 when the first checkpoint of the new one is wrong, whatever an operator accepts', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const accept = [{ surface: 'cdc-output', key: 'warehouse', reason: 'it will be mended afterwards' }]
    const error = await failure(
      served.dispatch(provider(sink, { version: 'v2', faults: { checkpoint: (honest) => honest + 1n } }), { accept }),
    )
    expect(error).toMatchObject({ code: 'HANDOFF', step: 'verify', rollbackErrors: [] })
    await expectOldServes(served, sink)
  })

  it('C5 I8 when the first checkpoint of the new one hangs', async () => {
    const sink = new Sink()
    const hang = new Hang()
    const served = await Served.with(provider(sink))
    const dispatched = failure(served.dispatch(provider(sink, { version: 'v2', faults: { checkpoint: hang.call } })))
    await hang.reached
    served.clock.advance(TIMEOUT_MS)
    expect(await dispatched).toMatchObject({ code: 'STEP_TIMEOUT', step: 'verify' })
    await expectOldServes(served, sink)
  })

  it('C6 for every stream of the provider, when one of them fails', async () => {
    const sink = new Sink()
    let starts = 0
    const served = await Served.with(provider(sink, { guarantee: 'at-least-once' }), {}, ['orders', 'customers'])
    await failure(
      served.dispatch(
        provider(sink, {
          version: 'v2',
          faults: {
            start: () => {
              if (++starts === 2) throw new Error('no')
            },
          },
        }),
      ),
    )
    expect(sink.open.map(({ provider: version, fromLsn }) => [version, fromLsn])).toEqual([
      ['v1', 3n],
      ['v1', 3n],
    ])
    for (const gate of served.gates.values()) await gate.write(batch(3n, 4n))
  })
})
