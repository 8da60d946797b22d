import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { serialQueueOf } from '../fixtures/serial-queue.js'

describe('what is submitted with a signal', () => {
  it('G13 is taken out of the queue, whose others keep their order', async () => {
    const { queue, gate } = serialQueueOf()
    gate.blocked = true
    const [caller, ran] = [new AbortController(), [] as number[]]
    const submitted = [1, 2, 3, 4].map((n) =>
      failureOf(queue.submit(() => void ran.push(n), n % 2 === 1 ? caller.signal : undefined)),
    )
    caller.abort()
    expect(queue.waiting).toBe(2)
    expect(String(await submitted[0])).toBe('Error: aborted')
    gate.blocked = false
    queue.resume()
    await turn()
    expect(ran).toEqual([2, 4])
    expect(queue.waiting).toBe(0)
  })

  it('G13 is refused at once where the signal has fired, also where nothing waits', async () => {
    const { queue } = serialQueueOf()
    const ran: number[] = []
    expect(String(await failureOf(queue.submit(() => ran.push(1), AbortSignal.abort())))).toBe('Error: aborted')
    expect(ran).toEqual([])
  })

  it('G13 goes on once it has begun', async () => {
    const { queue } = serialQueueOf()
    const [caller, slow] = [new AbortController(), new Deferred<string>()]
    const running = queue.submit(() => slow.promise, caller.signal)
    caller.abort()
    slow.resolve('done')
    expect(await running).toBe('done')
  })

  it('G13 is nothing to a queue that was told to refuse all that waits', async () => {
    const { queue, gate } = serialQueueOf()
    gate.blocked = true
    const caller = new AbortController()
    const waiting = failureOf(queue.submit(() => {}, caller.signal))
    queue.refuse(() => new Error('closed'))
    caller.abort()
    expect(String(await waiting)).toBe('Error: closed')
    expect(queue.waiting).toBe(0)
  })

  it('G13 runs exactly what was not withdrawn before its turn, in order (model)', async () => {
    const step = fc.oneof(
      fc.constant({ does: 'submit' as const }),
      fc.record({ does: fc.constant('abort' as const), which: fc.nat(20) }),
      fc.constant({ does: 'let go on' as const }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { queue, gate } = serialQueueOf()
        gate.blocked = true
        const [callers, ran] = [[] as AbortController[], [] as number[]]
        const [expected, waiting] = [[] as number[], [] as number[]]
        for (const it of steps) {
          if (it.does === 'submit') {
            const n = callers.length
            const caller = new AbortController()
            callers.push(caller)
            waiting.push(n)
            queue.submit(() => void ran.push(n), caller.signal).catch(() => {})
          } else if (it.does === 'abort') {
            callers[it.which]?.abort()
            if (waiting.includes(it.which)) waiting.splice(waiting.indexOf(it.which), 1)
          } else {
            gate.blocked = false
            queue.resume()
            await turn()
            gate.blocked = true
            expected.push(...waiting.splice(0))
          }
          expect(queue.waiting).toBe(waiting.length)
          expect(queue.oldestSubmission === undefined).toBe(waiting.length === 0)
          expect(ran).toEqual(expected)
        }
      }),
    )
  })
})
