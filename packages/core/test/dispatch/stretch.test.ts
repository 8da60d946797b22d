import { getEventListeners } from 'node:events'
import { OldProviders, ReloadDispatcher, ReloadKindHandlers, type ReloadOutcome } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { StretchMeter, type Stretch } from '../../src/dispatch/stretch-meter.js'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { scriptedKind, scriptedStrategy, type Script } from '../fixtures/scripted.js'
import { StallingClock } from '../fixtures/stalling-clock.js'
import { thenable } from '../fixtures/thenable.js'

const { signal } = new AbortController()

function metered() {
  const clock = new StallingClock()
  const stretch: Stretch = { blockedMs: 0, blockedBy: undefined }
  return { clock, stretch, meter: new StretchMeter(clock) }
}

const providersOf = (version: string): OldProviders => new OldProviders().add(scriptedKind, { key: 'k', version })

function dispatchOn(clock: StallingClock, prepare: NonNullable<Script['prepare']>): Promise<ReloadOutcome> {
  const handlers = new ReloadKindHandlers().add(scriptedKind, { name: 'a', key: 'k', resource: { by: '1' } })
  return new ReloadDispatcher([], { clock }).use(scriptedStrategy([], { prepare })).dispatch({ old: providersOf('1'), next: providersOf('2'), handlers })
}

describe('the longest synchronous stretch of a plugin call', () => {
  it('S4 I10 is measured before the first await', () => {
    const { clock, stretch, meter } = metered()
    meter.measure('persist', stretch, signal, () => { clock.block(40) })
    meter.measure('open', stretch, signal, () => { clock.block(30) })
    expect(stretch).toEqual({ blockedMs: 40, blockedBy: 'persist' })
    expect(meter.worst).toEqual(stretch)
    expect(clock.pending).toBe(0)
  })

  it('I10 is measured of a call that throws', () => {
    const { clock, stretch, meter } = metered()
    expect(() => meter.measure('open', stretch, signal, () => { clock.block(25); throw new Error('no') })).toThrow('no')
    expect(stretch).toEqual({ blockedMs: 25, blockedBy: 'open' })
  })

  it('S4 I10 is seen between two awaits, by a heartbeat that comes late', async () => {
    const { clock, stretch, meter } = metered()
    const ending = new Deferred()
    const call = meter.measure('persist', stretch, signal, () => ending.promise)
    clock.block(105)
    clock.turn()
    expect(stretch).toEqual({ blockedMs: 100, blockedBy: 'persist' })
    ending.resolve()
    await call
  })

  it('I10 is seen after the last await, though the call ends before any heartbeat', async () => {
    const { clock, stretch, meter } = metered()
    await meter.measure('persist', stretch, signal, async () => {
      await turn()
      clock.block(205)
    })
    expect(stretch).toEqual({ blockedMs: 200, blockedBy: 'persist' })
  })

  it('is attributed to every call that was pending', async () => {
    const { clock, stretch, meter } = metered()
    const other: Stretch = { blockedMs: 0, blockedBy: undefined }
    const ending = new Deferred()
    const calls = [meter.measure('a', stretch, signal, () => ending.promise), meter.measure('b', other, signal, () => ending.promise)]
    clock.block(15)
    clock.turn()
    ending.resolve()
    await Promise.all(calls)
    expect([stretch, other]).toEqual([{ blockedMs: 10, blockedBy: 'a' }, { blockedMs: 10, blockedBy: 'b' }])
  })

  it('goes on being measured of a call that is pending when another has ended', async () => {
    const { clock, stretch, meter } = metered()
    const ending = new Deferred()
    const call = meter.measure('persist', stretch, signal, () => ending.promise)
    await meter.measure('open', { blockedMs: 0, blockedBy: undefined }, signal, () => turn())
    clock.block(105)
    clock.turn()
    expect(stretch).toEqual({ blockedMs: 100, blockedBy: 'persist' })
    ending.resolve()
    await call
  })

  it('I8 is not that of a call which was given up on, however late that settles', async () => {
    const { clock, stretch, meter } = metered()
    const other: Stretch = { blockedMs: 0, blockedBy: undefined }
    const controller = new AbortController()
    const late = new Deferred()
    const ending = new Deferred()
    void meter.measure('hangs', stretch, controller.signal, () => late.promise)
    const call = meter.measure('open', other, signal, () => ending.promise)
    controller.abort()
    clock.block(105)
    late.resolve()
    await turn()
    clock.turn()
    expect([stretch, other]).toEqual([{ blockedMs: 0, blockedBy: undefined }, { blockedMs: 100, blockedBy: 'open' }])
    ending.resolve()
    await call
  })

  it('counts a heartbeat that is on time as nothing', async () => {
    const { clock, stretch, meter } = metered()
    const ending = new Deferred()
    const call = meter.measure('open', stretch, signal, () => ending.promise)
    for (let beat = 0; beat < 10; beat += 1) {
      clock.block(5)
      clock.turn()
    }
    ending.resolve()
    await call
    expect([stretch, meter.worst]).toEqual([{ blockedMs: 0, blockedBy: undefined }, { blockedMs: 0, blockedBy: undefined }])
  })

  it('I12 leaves neither a heartbeat nor a listener behind, after a call that has settled and after one that was given up on', async () => {
    const { clock, stretch, meter } = metered()
    const controller = new AbortController()
    const left = (): number[] => [clock.pending, getEventListeners(controller.signal, 'abort').length]
    await meter.measure('open', stretch, controller.signal, () => turn())
    expect(left()).toEqual([0, 0])
    void meter.measure('open', stretch, controller.signal, () => new Promise(() => {}))
    expect(left()).toEqual([1, 1])
    controller.abort()
    expect(left()).toEqual([0, 0])
  })

  it('runs a lazy thenable once', async () => {
    const { stretch, meter } = metered()
    let runs = 0
    const query = thenable<string>((resolve) => { runs += 1; resolve('rows') })
    expect(await meter.measure('open', stretch, signal, () => query)).toBe('rows')
    expect(runs).toBe(1)
  })
})

describe('the report of a dispatch', () => {
  it('I10 names the call that blocked longest, the bytes and the writes replayed', async () => {
    const clock = new StallingClock()
    const outcome = await dispatchOn(clock, async (_, ctx) => {
      await ctx.call('persist', () => { clock.block(70) })
      await ctx.call('open', async () => { await turn(); clock.block(55) })
      ctx.transferred(1000)
      ctx.transferred(24)
      ctx.replayed(3)
    })
    expect(outcome.report).toMatchObject([{ resource: 'a', blockedMs: 70, blockedBy: 'persist', bytes: 1024, replayedWrites: 3, prepareMs: 125, convergeMs: 0 }])
    expect(clock.pending).toBe(0)
  })

  it('I10 names no call where none blocked, of what failed neither', async () => {
    const { report } = await dispatchOn(new StallingClock(), (_, ctx) => ctx.call('open', () => {}))
    expect(report).toMatchObject([{ blockedMs: 0, blockedBy: undefined }])
    const error = await failureOf(dispatchOn(new StallingClock(), (_, ctx) => ctx.call('open', () => { throw new Error('no') })))
    expect(error).toMatchObject({ report: { blockedMs: 0, blockedBy: undefined, handoffs: report } })
  })

  it('I12 leaves no timer after a call that nobody waits for', async () => {
    const clock = new StallingClock()
    const ending = new Deferred()
    const outcome = await dispatchOn(clock, (_, ctx) => { void ctx.call('aside', () => ending.promise) })
    ending.resolve()
    await turn()
    await outcome.rollback()
    expect(await failureOf(outcome.rollback())).toBeUndefined()
    expect(clock.pending).toBe(0)
  })
})
