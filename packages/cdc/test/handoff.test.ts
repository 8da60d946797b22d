import { describe, expect, it } from 'vitest'
import { expectedLsn, type CdcLsn, type CdcOutputProvider } from '../src/index.js'
import { failure, Served, TIMEOUT_MS } from './support/dispatch.js'
import { batch } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

describe('a handoff', () => {
  it('C5 I4 checkpoints the old stream, shuts it down, and starts the new one there', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const outcome = await served.dispatch(provider(sink, { version: 'v2' }))
    const held = served.gate.write(batch(3n, 5n))
    expect(sink.lsns).toEqual([0n, 1n, 2n])
    outcome.commit()
    await held
    await outcome.finalize()
    expect(sink.calls).toEqual([
      'v1.start 0',
      'v1.deliver 0',
      'v1.checkpoint',
      'v1.shutdown',
      'v2.start 3',
      'v2.checkpoint',
      'v2.deliver 3',
    ])
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n, 4n])
    expect(sink.opened.map(({ shutdowns }) => shutdowns)).toEqual([1, 0])
  })

  it('C5 lets the delivery in flight settle first', async () => {
    const sink = new Sink()
    const slow = new Hang()
    const served = await Served.with(
      provider(sink, { faults: { deliver: ({ lsnStart }) => (lsnStart === 3n ? slow.call() : undefined) } }),
    )
    const inFlight = served.gate.write(batch(3n, 4n))
    await slow.reached
    const dispatched = served.dispatch(provider(sink, { version: 'v2' }))
    slow.release()
    await inFlight
    const outcome = await dispatched
    outcome.commit()
    expect(sink.calls.slice(-5)).toEqual([
      'v1.deliver 3',
      'v1.checkpoint',
      'v1.shutdown',
      'v2.start 4',
      'v2.checkpoint',
    ])
  })

  it('C2 I4 has an at-least-once sink delivered to again from its checkpoint', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink, { guarantee: 'at-least-once', faults: { checkpoint: () => 0n } }))
    const outcome = await served.dispatch(provider(sink, { version: 'v2', guarantee: 'at-least-once' }))
    outcome.commit()
    expect(expectedLsn(served.gate.resource)).toBe(0n)
    expect(await failure(served.gate.write(batch(3n, 4n)))).toMatchObject({
      code: 'OUT_OF_ORDER',
      expected: 0n,
      found: 3n,
    })
    await served.gate.write(batch(0n, 3n))
    await served.gate.write(batch(3n, 4n))
    expect(sink.lsns).toEqual([0n, 1n, 2n, 0n, 1n, 2n, 3n])
  })

  it('C3 I4 has a delivery whose acknowledgement was lost come again, though the checkpoint covers it', async () => {
    const sink = new Sink()
    const lossy = provider(sink, {
      faults: {
        delivered: ({ lsnStart }) => {
          if (lsnStart === 3n) throw new Error('connection reset')
        },
      },
    })
    const served = await Served.with(lossy)
    await failure(served.gate.write(batch(3n, 4n)))
    const outcome = await served.dispatch(provider(sink, { version: 'v2' }))
    outcome.commit()
    expect(sink.calls).toContain('v2.start 3')
    expect(expectedLsn(served.gate.resource)).toBe(3n)
    await served.gate.write(batch(3n, 4n))
    await served.gate.write(batch(4n, 5n))
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n, 4n])
  })

  it('C3 I4 has a batch that was stored in part come again, though the checkpoint covers it', async () => {
    const rows: CdcLsn[] = []
    const counting = (fails: boolean): CdcOutputProvider => ({
      name: 'warehouse',
      start({ fromLsn = 0n }) {
        let done = fromLsn
        return {
          deliver({ lsnStart, lsnEnd }) {
            for (let lsn = lsnStart; lsn < lsnEnd; lsn += 1n) {
              if (fails && lsn === 5n) throw new Error('connection reset')
              rows.push(lsn)
              done = lsnEnd
            }
          },
          checkpoint: () => done,
          shutdown() {},
        }
      },
    })
    const served = await Served.with(counting(true))
    await failure(served.gate.write(batch(3n, 8n)))
    const outcome = await served.dispatch(counting(false))
    outcome.commit()
    await served.gate.write(batch(3n, 8n))
    expect(new Set(rows)).toEqual(new Set([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n]))
  })

  it('C3 a checkpoint does not move where the stream continues', async () => {
    const sink = new Sink()
    let lost = true
    const lossy = provider(sink, {
      faults: {
        delivered: ({ lsnStart }) => {
          if (lost && lsnStart === 3n) throw new Error('connection reset')
        },
      },
    })
    const served = await Served.with(lossy)
    await failure(served.gate.write(batch(3n, 4n)))
    await served.dispatch(provider(sink, { version: 'v2' }), { dryRun: true })
    expect(expectedLsn(served.gate.resource)).toBe(3n)
    lost = false
    await served.gate.write(batch(3n, 4n))
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
  })

  it('C5 hands over every stream of a provider', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink, { guarantee: 'at-least-once' }), {}, ['orders', 'customers'])
    const outcome = await served.dispatch(provider(sink, { version: 'v2' }))
    outcome.commit()
    expect(sink.open.map(({ provider: version, fromLsn }) => [version, fromLsn])).toEqual([
      ['v2', 3n],
      ['v2', 3n],
    ])
    expect(outcome.report.map(({ resource }) => resource)).toEqual(['orders', 'customers'])
  })

  it('C9 never fires the signal of a start that succeeded', async () => {
    const sink = new Sink()
    const caller = new AbortController()
    const served = await Served.with(provider(sink))
    const outcome = await served.dispatch(provider(sink, { version: 'v2' }), { signal: caller.signal })
    outcome.commit()
    await outcome.finalize()
    caller.abort()
    served.clock.advance(10 * TIMEOUT_MS)
    expect(sink.opened.map(({ signal }) => signal.aborted)).toEqual([false, false])
    expect(served.clock.pending).toBe(0)
  })

  it('C10 checkpoints and stops nothing for good in a dry run', async () => {
    const sink = new Sink()
    const served = await Served.with(provider(sink))
    const before = served.gate.resource
    await served.dispatch(provider(sink, { version: 'v2' }), { dryRun: true })
    expect(served.gate.resource).toBe(before)
    expect(sink.calls).not.toContain('v1.shutdown')
    expect(sink.opened).toHaveLength(1)
    await served.gate.write(batch(3n, 4n))
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
  })
})
