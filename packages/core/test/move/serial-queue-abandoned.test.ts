import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { serialQueueOf } from '../fixtures/serial-queue.js'

describe('a task that is abandoned', () => {
  /** A queue that is held, with one task in flight that nobody waits for any more. */
  function abandoned() {
    const made = serialQueueOf()
    const { queue, gate } = made
    const inFlight = new Deferred()
    const first = failureOf(queue.submit(() => inFlight.promise))
    gate.blocked = true
    const idle = queue.idle()
    const behind = queue.submit(() => 'behind it')
    queue.abandon()
    const release = (): void => {
      gate.blocked = false
      queue.resume()
    }
    return { ...made, inFlight, first, idle, behind, release }
  }

  it('I8 is no longer waited for, and its caller is told, also ahead of its deadline', async () => {
    const { queue, first, idle, behind, clock } = abandoned()
    await idle
    expect(String(await first)).toBe('Error: overdue')
    expect(clock.pending).toBe(0)
    expect(await standing(behind)).toBe('pending')
    expect(queue.stuck).toBe(false)
  })

  it('I8 is inert once it is forgotten: what is begun meanwhile goes on beside it, undisturbed', async () => {
    const { queue, inFlight, behind, release } = abandoned()
    queue.forgetAbandoned()
    release()
    expect(await behind).toBe('behind it')
    const next = new Deferred()
    const log: string[] = []
    const both = [
      queue.submit(async () => {
        await next.promise
        log.push('next')
      }),
      queue.submit(() => {
        log.push('the one after')
      }),
    ]
    inFlight.resolve()
    await turn()
    expect(log).toEqual([])
    next.resolve()
    await Promise.all(both)
    expect(log).toEqual(['next', 'the one after'])
  })

  it('I4 G6 is waited for after all where work is to go on beside it: what waits is told, and nothing runs until it settles', async () => {
    const { queue, inFlight, behind, release } = abandoned()
    queue.unabandon()
    release()
    expect(String(await failureOf(behind))).toBe('Error: stuck')
    expect(queue.stuck).toBe(true)
    expect(String(await failureOf(queue.submit(() => 'later')))).toBe('Error: stuck')
    inFlight.resolve()
    await turn()
    expect(await queue.submit(() => 'later still')).toBe('later still')
  })

  it('is no concern where it has settled by then', async () => {
    const { queue, inFlight, behind, release } = abandoned()
    inFlight.resolve()
    await turn()
    queue.unabandon()
    release()
    expect(await behind).toBe('behind it')
  })

  it('changes nothing where no task is in flight', async () => {
    const { queue } = serialQueueOf()
    queue.abandon()
    queue.unabandon()
    expect(await queue.submit(() => 'done')).toBe('done')
  })
})
