import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { SerialQueue } from '../../src/move/serial-queue.js'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { thenable } from '../fixtures/thenable.js'

function queueOf(taskTimeoutMs = 100) {
  const clock = new ManualClock()
  const gate = { blocked: false }
  const queue = new SerialQueue({ clock, taskTimeoutMs, blocked: () => gate.blocked, overdue: () => new Error('overdue') })
  return { clock, gate, queue }
}

describe('a serial queue', () => {
  it('I4 runs tasks in the order they were submitted, one at a time, synchronous or not', async () => {
    const { queue } = queueOf()
    const first = new Deferred()
    const log: string[] = []
    const submitted = [
      queue.submit(async () => { log.push('a begins'); await first.promise; log.push('a ends') }),
      queue.submit(() => { log.push('b') }),
      queue.submit(async () => { log.push('c begins'); await turn(); log.push('c ends') }),
      queue.submit(() => { log.push('d') }),
    ]
    await turn()
    expect(log).toEqual(['a begins'])
    first.resolve()
    await Promise.all(submitted)
    expect(log).toEqual(['a begins', 'a ends', 'b', 'c begins', 'c ends', 'd'])
  })

  it('runs a synchronous task at once where nothing waits', async () => {
    const { queue, clock } = queueOf()
    let ran = false
    const done = queue.submit(() => { ran = true; return 'given' })
    expect(ran).toBe(true)
    expect(await done).toBe('given')
    expect(clock.pending).toBe(0)
  })

  it('I4 lets nothing overtake what waits, in the turn a block ends either', async () => {
    const { queue, gate } = queueOf()
    const log: number[] = []
    gate.blocked = true
    const waiting = [1, 2, 3].map((n) => queue.submit(() => { log.push(n) }))
    gate.blocked = false
    queue.resume()
    expect(log).toEqual([])
    await Promise.all([...waiting, queue.submit(() => { log.push(4) })])
    expect(log).toEqual([1, 2, 3, 4])
  })

  it('keeps the order across the thousands that it drops at a time', async () => {
    const { queue, gate } = queueOf()
    const log: number[] = []
    const numbers = Array.from({ length: 2500 }, (_, n) => n)
    gate.blocked = true
    const waiting = numbers.map((n) => queue.submit(() => { log.push(n) }))
    gate.blocked = false
    queue.resume()
    await Promise.all(waiting)
    expect(log).toEqual(numbers)
  })

  it('goes on past a task that throws or rejects, and tells its submitter what was thrown', async () => {
    const { queue } = queueOf()
    const failures = [
      failureOf(queue.submit(() => { throw new Error('thrown') })),
      failureOf(queue.submit(() => Promise.reject(new Error('rejected')))),
      failureOf(queue.submit(() => Promise.reject(new Error('rejected in line')))),
    ]
    expect(await queue.submit(() => 'next')).toBe('next')
    expect((await Promise.all(failures)).map(String)).toEqual(['Error: thrown', 'Error: rejected', 'Error: rejected in line'])
  })

  it('I8 gives up on a task past its deadline, refuses work until it settles, and then goes on', async () => {
    const { queue, clock } = queueOf()
    const hanging = new Deferred()
    const failures = [queue.submit(() => hanging.promise), queue.submit(() => 'behind it')].map(failureOf)
    clock.advance(99)
    expect(await standing(failures[0] as Promise<unknown>)).toBe('pending')
    clock.advance(1)
    expect((await Promise.all([...failures, failureOf(queue.submit(() => 'after it'))])).map(String)).toEqual(Array.from({ length: 3 }, () => 'Error: overdue'))
    hanging.resolve()
    await turn()
    expect(await queue.submit(() => 'settled')).toBe('settled')
    expect(clock.pending).toBe(0)
  })

  it('I8 runs nothing beside a task that is overdue', async () => {
    const { queue, clock } = queueOf()
    const hanging = new Deferred()
    const given = failureOf(queue.submit(() => hanging.promise))
    clock.advance(100)
    await given
    const idle = queue.idle()
    expect(await standing(idle)).toBe('pending')
    hanging.reject(new Error('late'))
    expect(await standing(idle)).toBe('fulfilled')
  })

  it('is idle once the task in flight has settled, whatever still waits', async () => {
    const { queue, gate } = queueOf()
    const inFlight = new Deferred()
    const first = queue.submit(() => inFlight.promise)
    const second = queue.submit(() => 'held')
    gate.blocked = true
    const idle = queue.idle()
    expect(await standing(idle)).toBe('pending')
    inFlight.resolve()
    await Promise.all([idle, first])
    expect(await standing(second)).toBe('pending')
    gate.blocked = false
    queue.resume()
    expect(await second).toBe('held')
  })

  it('refuses what waits and what comes, and lets the task in flight settle', async () => {
    const { queue } = queueOf()
    const inFlight = new Deferred<string>()
    const first = queue.submit(() => inFlight.promise)
    const waiting = failureOf(queue.submit(() => 'never'))
    queue.refuse(new Error('refused'))
    expect(String(await waiting)).toBe('Error: refused')
    expect(String(await failureOf(queue.submit(() => 'never')))).toBe('Error: refused')
    inFlight.resolve('done')
    expect(await first).toBe('done')
  })

  it('I4 refuses what waits, and not the task in flight, where that had to wait as well', async () => {
    const { queue, gate } = queueOf()
    const inFlight = new Deferred<string>()
    gate.blocked = true
    const first = queue.submit(() => inFlight.promise)
    const waiting = failureOf(queue.submit(() => 'never'))
    gate.blocked = false
    queue.resume()
    await turn()
    queue.refuse(new Error('refused'))
    expect(String(await waiting)).toBe('Error: refused')
    inFlight.resolve('done')
    expect(await first).toBe('done')
  })

  it('I4 is not misled by a thenable that answers twice', async () => {
    const { queue } = queueOf()
    let answer: ((value: void) => void) | undefined
    const twice = thenable<void>((resolve) => { answer = resolve; resolve(); resolve() })
    const inFlight = new Deferred()
    const log: string[] = []
    const all = [
      queue.submit(() => twice),
      queue.submit(async () => { log.push('begins'); await inFlight.promise; log.push('ends') }),
      queue.submit(() => { log.push('behind') }),
    ]
    await turn()
    answer?.()
    await turn()
    expect(log).toEqual(['begins'])
    inFlight.resolve()
    await Promise.all(all)
    expect(log).toEqual(['begins', 'ends', 'behind'])
  })

  it('lets a task submit another without running it inside itself', async () => {
    const { queue } = queueOf()
    const log: string[] = []
    let inner: Promise<void> | undefined
    await queue.submit(() => {
      inner = queue.submit(() => { log.push('inner') })
      log.push('outer')
    })
    await inner
    expect(log).toEqual(['outer', 'inner'])
  })
})
