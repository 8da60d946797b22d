import { OldProviders, PluginHost, ReloadDispatcher, ReloadKindHandlers, type ReloadOutcome } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { StretchMeter, type Measured, type LongestStretch } from '../../src/dispatch/stretch-meter.js'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { scriptedKind, scriptedStrategy, type Script } from '../fixtures/scripted.js'
import { StallingClock } from '../fixtures/stalling-clock.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

function metered() {
  const clock = new StallingClock()
  const stretch: LongestStretch = { blockedMs: 0, blockedBy: undefined }
  return { clock, stretch, meter: new StretchMeter(clock) }
}

/** Measures a call that is pending until what it gives has settled. */
async function pending(meter: StretchMeter, call: Measured, begin: () => Promise<unknown>): Promise<void> {
  const outcome = meter.measure(call, begin)
  meter.begin(call)
  try {
    await outcome
  } finally {
    meter.end(call)
  }
}

const providersOf = (version: string): OldProviders => new OldProviders().add(scriptedKind, { key: 'k', version })

function dispatchOn(clock: StallingClock, prepare: NonNullable<Script['prepare']>): Promise<ReloadOutcome> {
  const handlers = new ReloadKindHandlers().add(scriptedKind, { name: 'a', key: 'k', resource: { by: '1' } })
  return new ReloadDispatcher([], { clock })
    .use(scriptedStrategy([], { prepare }))
    .dispatch({ old: providersOf('1'), next: providersOf('2'), handlers })
}

describe('the longest synchronous stretch of a plugin call', () => {
  it('S4 I10 is measured before the first await', () => {
    const { clock, stretch, meter } = metered()
    meter.measure({ name: 'persist', stretch }, () => {
      clock.block(40)
    })
    meter.measure({ name: 'open', stretch }, () => {
      clock.block(30)
    })
    expect(stretch).toEqual({ blockedMs: 40, blockedBy: 'persist' })
    expect(meter.worst).toEqual(stretch)
    expect(clock.pending).toBe(0)
  })

  it('I10 is measured of a call that throws', () => {
    const { clock, stretch, meter } = metered()
    expect(() =>
      meter.measure({ name: 'open', stretch }, () => {
        clock.block(25)
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(stretch).toEqual({ blockedMs: 25, blockedBy: 'open' })
  })

  it('S4 I10 is seen between two awaits, by a heartbeat that comes late', async () => {
    const { clock, stretch, meter } = metered()
    const ending = new Deferred()
    const call = pending(meter, { name: 'persist', stretch }, () => ending.promise)
    clock.block(105)
    clock.turn()
    expect(stretch).toEqual({ blockedMs: 100, blockedBy: 'persist' })
    ending.resolve()
    await call
  })

  it('I10 is seen after the last await, though the call ends before any heartbeat', async () => {
    const { clock, stretch, meter } = metered()
    await pending(meter, { name: 'persist', stretch }, async () => {
      await turn()
      clock.block(205)
    })
    expect(stretch).toEqual({ blockedMs: 200, blockedBy: 'persist' })
  })

  it('is attributed to every call that was pending', async () => {
    const { clock, stretch, meter } = metered()
    const other: LongestStretch = { blockedMs: 0, blockedBy: undefined }
    const ending = new Deferred()
    const calls = [
      pending(meter, { name: 'a', stretch }, () => ending.promise),
      pending(meter, { name: 'b', stretch: other }, () => ending.promise),
    ]
    clock.block(15)
    clock.turn()
    ending.resolve()
    await Promise.all(calls)
    expect({ stretch, other }).toEqual({
      stretch: { blockedMs: 10, blockedBy: 'a' },
      other: { blockedMs: 10, blockedBy: 'b' },
    })
  })

  it('goes on being measured of a call that is pending when another has ended', async () => {
    const { clock, stretch, meter } = metered()
    const ending = new Deferred()
    const call = pending(meter, { name: 'persist', stretch }, () => ending.promise)
    await pending(meter, { name: 'open', stretch: { blockedMs: 0, blockedBy: undefined } }, () => turn())
    clock.block(105)
    clock.turn()
    expect(stretch).toEqual({ blockedMs: 100, blockedBy: 'persist' })
    ending.resolve()
    await call
  })

  it('I8 is not that of a call which was given up on, however late that settles', async () => {
    const { clock, stretch, meter } = metered()
    const other: LongestStretch = { blockedMs: 0, blockedBy: undefined }
    const ending = new Deferred()
    const hanging: Measured = { name: 'hangs', stretch }
    meter.begin(hanging)
    const call = pending(meter, { name: 'open', stretch: other }, () => ending.promise)
    meter.end(hanging)
    clock.block(105)
    meter.end(hanging)
    clock.turn()
    expect({ stretch, other }).toEqual({
      stretch: { blockedMs: 0, blockedBy: undefined },
      other: { blockedMs: 100, blockedBy: 'open' },
    })
    ending.resolve()
    await call
  })

  it('counts a heartbeat that is on time as nothing', async () => {
    const { clock, stretch, meter } = metered()
    const ending = new Deferred()
    const call = pending(meter, { name: 'open', stretch }, () => ending.promise)
    for (let beat = 0; beat < 10; beat += 1) {
      clock.block(5)
      clock.turn()
    }
    ending.resolve()
    await call
    expect({ stretch, worst: meter.worst }).toEqual({
      stretch: { blockedMs: 0, blockedBy: undefined },
      worst: { blockedMs: 0, blockedBy: undefined },
    })
  })

  it('I10 S4 while somebody watches, a stretch that no call has made is seen, too, as core; a call that made most of it is named', () => {
    const { clock, stretch, meter } = metered()
    const endWatch = meter.watch()
    clock.block(65)
    clock.turn()
    expect(meter.worst).toEqual({ blockedMs: 60, blockedBy: 'core' })
    meter.measure({ name: 'open', stretch }, () => {
      clock.block(90)
    })
    clock.block(35)
    endWatch()
    expect(meter.worst).toEqual({ blockedMs: 120, blockedBy: 'open' })
    expect({ blockedMs: stretch.blockedMs, pending: clock.pending }).toEqual({ blockedMs: 90, pending: 0 })
  })

  it('I10 S4 a call that was less than half of what was seen is not named', () => {
    const { clock, stretch, meter } = metered()
    const endWatch = meter.watch()
    meter.measure({ name: 'open', stretch }, () => {
      clock.block(40)
    })
    clock.block(65)
    endWatch()
    expect(meter.worst).toEqual({ blockedMs: 100, blockedBy: 'core' })
  })

  it('I12 leaves no heartbeat behind', async () => {
    const { clock, stretch, meter } = metered()
    const call = pending(meter, { name: 'open', stretch }, () => turn())
    expect(clock.pending).toBe(1)
    await call
    expect(clock.pending).toBe(0)
  })
})

describe('the report of a dispatch', () => {
  it('I10 names the call that blocked longest, the bytes and the writes replayed', async () => {
    const clock = new StallingClock()
    const outcome = await dispatchOn(clock, async (_, ctx) => {
      await ctx.call('persist', () => {
        clock.block(70)
      })
      await ctx.call('open', async () => {
        await turn()
        clock.block(55)
      })
      ctx.transferred(1000)
      ctx.transferred(24)
      ctx.replayed(3)
    })
    expect(outcome.report).toMatchObject([
      {
        resource: 'a',
        blockedMs: 70,
        blockedBy: 'persist',
        bytes: 1024,
        replayedWrites: 3,
        prepareMs: 125,
        convergeMs: 0,
      },
    ])
    expect(clock.pending).toBe(0)
  })

  it('I10 names no call where none blocked, in the report of a failure neither', async () => {
    const { report } = await dispatchOn(new StallingClock(), (_, ctx) => ctx.call('open', () => {}))
    expect(report).toMatchObject([{ blockedMs: 0, blockedBy: undefined }])
    const error = await failureOf(
      dispatchOn(new StallingClock(), (_, ctx) =>
        ctx.call('open', () => {
          throw new Error('no')
        }),
      ),
    )
    expect(error).toMatchObject({ report: { blockedMs: 0, blockedBy: undefined, handoffs: report } })
  })

  it('I10 S4 says core of a host where no call of a plugin blocked: here its observer did', async () => {
    const clock = new StallingClock()
    const host = new PluginHost({
      strategies: [],
      clock,
      observer: () => {
        clock.block(30)
      },
    })
    const handle = await host.add(new TestPlugin('idle', '1.0.0'))
    const { report } = await host.reload(handle, new TestPlugin('idle', '2.0.0'))
    expect(report.blockedMs).toBeGreaterThan(0)
    expect(report.blockedBy).toBe('core')
  })

  it('I12 leaves no timer after a call that nobody waits for', async () => {
    const clock = new StallingClock()
    const ending = new Deferred()
    const outcome = await dispatchOn(clock, (_, ctx) => {
      void ctx.call('aside', () => ending.promise)
    })
    ending.resolve()
    await turn()
    await outcome.rollback()
    expect(await failureOf(outcome.rollback())).toBeUndefined()
    expect(clock.pending).toBe(0)
  })
})
