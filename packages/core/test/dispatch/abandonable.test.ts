import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { abandonable } from '../../src/dispatch/abandonable.js'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'

const reason = new Error('given up')

const listening = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

describe('a wait that may be given up', () => {
  it('I8 is not begun where the signal has fired', async () => {
    let begun = false
    expect(await failureOf(abandonable(() => { begun = true }, AbortSignal.abort(reason)))).toBe(reason)
    expect(begun).toBe(false)
  })

  it('S2 I8 I12 gives what comes late to be disposed of, whatever that throws, and what comes in time to the caller', async () => {
    const late = new Deferred<string>()
    const discarded: string[] = []
    const controller = new AbortController()
    const waiting = failureOf(abandonable(() => late.promise, controller.signal, (value) => { discarded.push(value); throw new Error('not closed') }))
    controller.abort(reason)
    expect(await waiting).toBe(reason)
    late.resolve('opened')
    await turn()
    expect(discarded).toEqual(['opened'])
    expect(await abandonable(() => Promise.resolve('in time'), new AbortController().signal, (value) => { discarded.push(value) })).toBe('in time')
    expect(discarded).toEqual(['opened'])
  })

  it('I12 leaves no listener behind, however it ends', async () => {
    const controller = new AbortController()
    const { signal } = controller
    await abandonable(() => turn(), signal)
    expect(listening(signal)).toBe(0)
    expect(await failureOf(abandonable(() => Promise.reject(reason), signal))).toBe(reason)
    expect(listening(signal)).toBe(0)
    const waiting = failureOf(abandonable(() => new Promise(() => {}), signal))
    expect(listening(signal)).toBe(1)
    controller.abort(reason)
    expect(await waiting).toBe(reason)
    expect(listening(signal)).toBe(0)
  })

  it('I8 hears a signal that its own synchronous part fires', async () => {
    const controller = new AbortController()
    expect(await failureOf(abandonable(() => { controller.abort(reason); return new Promise(() => {}) }, controller.signal))).toBe(reason)
  })
})
