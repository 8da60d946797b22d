import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { SerialQueue } from '../../src/move/serial-queue.js'
import { collectUntil } from '../fixtures/collect-garbage.js'
import { turn } from '../fixtures/deferred.js'
import { turnUntil } from '../fixtures/turn-until.js'

/** A blocked queue with as many tasks, each of which only the queue keeps in reach; `run` lets so many of them run. */
function queueOf(tasks: number) {
  const clock = new ManualClock()
  let allowed = 0
  const queue = new SerialQueue({
    terms: { clock, taskTimeoutMs: 100 },
    blocked: () => allowed === 0,
    errors: {
      overdue: () => new Error('overdue'),
      stuck: () => new Error('stuck'),
      reentered: () => new Error('reentered'),
      aborted: () => new Error('aborted'),
    },
  })
  const refs: WeakRef<object>[] = []
  for (let n = 0; n < tasks; n += 1) {
    const write = { n }
    refs.push(new WeakRef(write))
    void queue.submit(() => {
      allowed -= write.n < 0 ? 0 : 1
    })
  }
  const run = async (count: number): Promise<void> => {
    allowed = count
    queue.resume()
    await turnUntil(() => allowed === 0)
    await turn()
  }
  /** How many are in reach, once no more than `most` are. */
  const inReach = async (most: number): Promise<number> => {
    const left = (): number => refs.filter((ref) => ref.deref() !== undefined).length
    await collectUntil(() => left() <= most)
    return left()
  }
  return { queue, run, inReach }
}

describe('what a serial queue has run', () => {
  it('I12 is kept in reach by nothing once nothing waits', async () => {
    const { queue, run, inReach } = queueOf(10)
    await run(10)
    expect(await inReach(0)).toBe(0)
    expect(queue.oldestSubmission).toBeUndefined()
  })

  it('I12 is given up by the thousand while others wait', async () => {
    const { queue, run, inReach } = queueOf(2000)
    await run(1500)
    expect(await inReach(2000 - 1024)).toBe(2000 - 1024)
    expect(queue.oldestSubmission).toBe(0)
  })
})
