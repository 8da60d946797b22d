import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/dispatch/scope.js'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'

const reason = new Error('given up')
class Noting extends Scope {
  readonly discarded: unknown[] = []

  protected override discard(late: unknown): void {
    this.discarded.push(late)
  }
}

describe('a wait that may be given up', () => {
  it('I8 I12 gives what comes late to be disposed of, and what comes in time to the caller', async () => {
    const slow = new Deferred<string>()
    const scope = new Noting()
    const waiting = failureOf(scope.wait(slow.promise))
    scope.giveUp(reason)
    expect(await waiting).toBe(reason)
    slow.resolve('opened')
    await turn()
    expect(scope.discarded).toEqual(['opened'])
    const inTime = new Noting()
    expect(await inTime.wait(Promise.resolve('in time'))).toBe('in time')
    expect(inTime.discarded).toEqual([])
  })

  it('I8 is over at once where it was given up by the synchronous part of what is waited for', async () => {
    const scope = new Noting()
    scope.giveUp(reason)
    expect(await failureOf(scope.wait(new Promise(() => {})))).toBe(reason)
  })

  it('I8 fires its signal, whether that was read before or after', () => {
    const [before, after] = [new Noting(), new Noting()]
    const { signal } = before
    before.giveUp(reason)
    after.giveUp(reason)
    expect({ signalReason: signal.reason, afterReason: after.signal.reason }).toEqual({
      signalReason: reason,
      afterReason: reason,
    })
    expect(before.signal).toBe(signal)
  })

  it('I8 cannot be given up once it has ended, and is given up once', () => {
    const ended = new Noting()
    ended.end()
    ended.giveUp(reason)
    const twice = new Noting()
    twice.giveUp(reason)
    twice.giveUp(new Error('once more'))
    twice.end()
    expect({ ended: ended.ended, givenUp: ended.givenUp, aborted: ended.signal.aborted }).toEqual({
      ended: true,
      givenUp: false,
      aborted: false,
    })
    expect({ ended: twice.ended, givenUp: twice.givenUp, reason: twice.reason }).toEqual({
      ended: true,
      givenUp: true,
      reason,
    })
  })
})
