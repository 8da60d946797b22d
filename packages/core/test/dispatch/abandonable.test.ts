import { describe, expect, it } from 'vitest'
import { abandonable } from '../../src/dispatch/abandonable.js'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'

const reason = new Error('given up')

/** How many listeners a signal has. */
function counted(controller = new AbortController()) {
  const { signal } = controller
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => { listeners.add(listener); add(type, listener, options) }
  signal.removeEventListener = (type: string, listener: EventListener) => { listeners.delete(listener); remove(type, listener) }
  return { controller, signal, listeners }
}

describe('a wait that may be given up', () => {
  it('I8 is not begun where the signal has fired', async () => {
    let begun = false
    expect(await failureOf(abandonable(() => { begun = true }, AbortSignal.abort(reason)))).toBe(reason)
    expect(begun).toBe(false)
  })

  it('I8 I12 gives what comes late to be disposed of, whatever that throws, and what comes in time to the caller', async () => {
    const late = new Deferred<string>()
    const discarded: string[] = []
    const { controller, signal, listeners } = counted()
    const waiting = failureOf(abandonable(() => late.promise, signal, (value) => { discarded.push(value); throw new Error('not closed') }))
    controller.abort(reason)
    expect(await waiting).toBe(reason)
    late.resolve('opened')
    await turn()
    expect(discarded).toEqual(['opened'])
    expect(listeners.size).toBe(0)
    expect(await abandonable(() => Promise.resolve('in time'), new AbortController().signal, (value) => { discarded.push(value) })).toBe('in time')
    expect(discarded).toEqual(['opened'])
  })

  it('I12 leaves no listener behind, however it ends', async () => {
    const { signal, listeners } = counted()
    await abandonable(() => turn(), signal)
    expect(listeners.size).toBe(0)
    expect(await failureOf(abandonable(() => Promise.reject(reason), signal))).toBe(reason)
    expect(listeners.size).toBe(0)
  })

  it('I8 hears a signal that its own synchronous part fires', async () => {
    const controller = new AbortController()
    expect(await failureOf(abandonable(() => { controller.abort(reason); return new Promise(() => {}) }, controller.signal))).toBe(reason)
  })
})
