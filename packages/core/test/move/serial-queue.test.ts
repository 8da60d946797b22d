import { describe, expect, it, vi } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { serialQueueOf } from '../fixtures/serial-queue.js'
import { thenable } from '../fixtures/thenable.js'

describe('a serial queue', () => {
  it('I4 runs tasks in the order they were submitted, one at a time, synchronous or not', async () => {
    const { queue } = serialQueueOf()
    const first = new Deferred()
    const log: string[] = []
    const submitted = [
      queue.submit(async () => {
        log.push('a begins')
        await first.promise
        log.push('a ends')
      }),
      queue.submit(() => {
        log.push('b')
      }),
      queue.submit(async () => {
        log.push('c begins')
        await turn()
        log.push('c ends')
      }),
      queue.submit(() => {
        log.push('d')
      }),
    ]
    await turn()
    expect(log).toEqual(['a begins'])
    first.resolve()
    await Promise.all(submitted)
    expect(log).toEqual(['a begins', 'a ends', 'b', 'c begins', 'c ends', 'd'])
  })

  it('runs a synchronous task at once where nothing waits', async () => {
    const { queue, clock } = serialQueueOf()
    let ran = false
    const done = queue.submit(() => {
      ran = true
      return 'given'
    })
    expect(ran).toBe(true)
    expect(await done).toBe('given')
    expect(clock.pending).toBe(0)
  })

  it('I4 lets nothing overtake what waits, in the turn a block ends either', async () => {
    const { queue, gate } = serialQueueOf()
    const log: number[] = []
    gate.blocked = true
    const waiting = [1, 2, 3].map((n) =>
      queue.submit(() => {
        log.push(n)
      }),
    )
    gate.blocked = false
    queue.resume()
    expect(log).toEqual([])
    await Promise.all([
      ...waiting,
      queue.submit(() => {
        log.push(4)
      }),
    ])
    expect(log).toEqual([1, 2, 3, 4])
  })

  it('keeps the order across the thousands that it drops at a time', async () => {
    const { queue, gate } = serialQueueOf()
    const log: number[] = []
    const numbers = Array.from({ length: 2500 }, (_, n) => n)
    gate.blocked = true
    const waiting = numbers.map((n) =>
      queue.submit(() => {
        log.push(n)
      }),
    )
    gate.blocked = false
    queue.resume()
    await Promise.all(waiting)
    expect(log).toEqual(numbers)
  })

  it('goes on past a task that throws or rejects, and tells its submitter what was thrown', async () => {
    const { queue } = serialQueueOf()
    const failures = [
      failureOf(
        queue.submit(() => {
          throw new Error('thrown')
        }),
      ),
      failureOf(queue.submit(() => Promise.reject(new Error('rejected')))),
      failureOf(queue.submit(() => Promise.reject(new Error('rejected in line')))),
    ]
    expect(await queue.submit(() => 'next')).toBe('next')
    expect((await Promise.all(failures)).map(String)).toEqual([
      'Error: thrown',
      'Error: rejected',
      'Error: rejected in line',
    ])
  })

  it('I8 gives up on a task past its deadline, tells those that have not begun that they have not, and goes on once it settles', async () => {
    const { queue, clock } = serialQueueOf()
    const hanging = new Deferred()
    const failures = [queue.submit(() => hanging.promise), queue.submit(() => 'behind it')].map(failureOf)
    clock.advance(99)
    expect(await standing(failures[0] as Promise<unknown>)).toBe('pending')
    expect({ stuck: queue.stuck, waiting: queue.waiting }).toEqual({ stuck: false, waiting: 1 })
    clock.advance(1)
    failures.push(...[1, 2].map(() => failureOf(queue.submit(() => 'after it'))))
    const told = await Promise.all(failures)
    expect(told.map(String)).toEqual(['Error: overdue', 'Error: stuck', 'Error: stuck', 'Error: stuck'])
    expect(new Set(told).size).toBe(4)
    expect({ stuck: queue.stuck, waiting: queue.waiting }).toEqual({ stuck: true, waiting: 0 })
    hanging.resolve()
    await turn()
    expect(queue.stuck).toBe(false)
    expect(await queue.submit(() => 'settled')).toBe('settled')
    expect(clock.pending).toBe(0)
  })

  it('I8 goes on also where the task that was given up on had had to wait, with others behind it', async () => {
    const { queue, gate, clock } = serialQueueOf()
    const hanging = new Deferred()
    gate.blocked = true
    const failures = [queue.submit(() => hanging.promise), queue.submit(() => 'behind it')].map(failureOf)
    gate.blocked = false
    queue.resume()
    await turn()
    clock.advance(100)
    expect((await Promise.all(failures)).map(String)).toEqual(['Error: overdue', 'Error: stuck'])
    hanging.resolve()
    await turn()
    expect(queue.waiting).toBe(0)
    expect(await queue.submit(() => 'settled')).toBe('settled')
  })

  it('I8 runs nothing beside a task that is overdue', async () => {
    const { queue, clock } = serialQueueOf()
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
    const { queue, gate } = serialQueueOf()
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

  it('refuses what waits and what comes, each with an error of its own, and lets the task in flight settle', async () => {
    const { queue } = serialQueueOf()
    const inFlight = new Deferred<string>()
    const first = queue.submit(() => inFlight.promise)
    const waiting = [1, 2].map(() => failureOf(queue.submit(() => 'never')))
    queue.refuse(() => new Error('refused'))
    const told = await Promise.all([...waiting, failureOf(queue.submit(() => 'never'))])
    expect(told.map(String)).toEqual(['Error: refused', 'Error: refused', 'Error: refused'])
    expect(new Set(told).size).toBe(3)
    inFlight.resolve('done')
    expect(await first).toBe('done')
  })

  it('I4 refuses what waits, and not the task in flight, where that had to wait as well', async () => {
    const { queue, gate } = serialQueueOf()
    const inFlight = new Deferred<string>()
    gate.blocked = true
    const first = queue.submit(() => inFlight.promise)
    const waiting = failureOf(queue.submit(() => 'never'))
    gate.blocked = false
    queue.resume()
    await turn()
    queue.refuse(() => new Error('refused'))
    expect(String(await waiting)).toBe('Error: refused')
    inFlight.resolve('done')
    expect(await first).toBe('done')
  })

  it('I4 is not misled by a thenable that answers twice', async () => {
    const { queue } = serialQueueOf()
    let answer: ((value: void) => void) | undefined
    const twice = thenable<void>((resolve) => {
      answer = resolve
      resolve()
      resolve()
    })
    const inFlight = new Deferred()
    const log: string[] = []
    const all = [
      queue.submit(() => twice),
      queue.submit(async () => {
        log.push('begins')
        await inFlight.promise
        log.push('ends')
      }),
      queue.submit(() => {
        log.push('behind')
      }),
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
    const { queue } = serialQueueOf()
    const log: string[] = []
    let inner: Promise<void> | undefined
    await queue.submit(() => {
      inner = queue.submit(() => {
        log.push('inner')
      })
      log.push('outer')
    })
    await inner
    expect(log).toEqual(['outer', 'inner'])
  })

  it.each([
    ['may go on', 'done'],
    ['are refused', 'Error: refused'],
    ['are stuck', 'Error: stuck'],
  ] as const)('I8 very many tasks that waited and %s let the event loop turn', async (ending, answer) => {
    const { queue, gate, clock } = serialQueueOf()
    const hanging = new Deferred()
    if (ending === 'are stuck') void failureOf(queue.submit(() => hanging.promise))
    else gate.blocked = true
    const answers: string[] = []
    for (let n = 0; n < 20; n += 1)
      queue
        .submit(() => 'done')
        .then(
          (it) => answers.push(it),
          (error: unknown) => answers.push(String(error)),
        )
    let now = 0
    const time = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1))
    gate.blocked = false
    if (ending === 'may go on') queue.resume()
    if (ending === 'are refused') queue.refuse(() => new Error('refused'))
    if (ending === 'are stuck') clock.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
    expect(answers.length).toBeGreaterThan(0)
    expect(answers.length).toBeLessThan(20)
    await turn()
    time.mockRestore()
    expect(answers).toEqual(Array.from({ length: 20 }, () => answer))
  })
})
