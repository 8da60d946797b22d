import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { serialQueueOf } from '../fixtures/serial-queue.js'

describe('what is submitted from inside a task that wants it known', () => {
  it('I8 is refused at once where it would wait for itself: by the synchronous part, after an await, several calls down', async () => {
    const { queue, clock } = serialQueueOf()
    const inner = (): Promise<string> => queue.submit(() => 'inner')
    const deeper = async (): Promise<string> => {
      await turn()
      return await inner()
    }
    const nestings: (() => Promise<string>)[] = [
      inner,
      async () => await inner(),
      async () => {
        await turn()
        return await inner()
      },
      async () => await deeper(),
      () =>
        new Promise((resolve, reject) => {
          setImmediate(() => {
            inner().then(resolve, reject)
          })
        }),
      async () => {
        await turn()
        return await queue.submitScoped(inner)
      },
    ]
    for (const nesting of nestings)
      expect(String(await failureOf(queue.submitScoped(nesting)))).toBe('Error: reentered')
    expect(await queue.submit(() => 'free')).toBe('free')
    expect(clock.pending).toBe(0)
  })

  it('I8 is found also through a task of another queue', async () => {
    const { queue: one } = serialQueueOf()
    const { queue: other } = serialQueueOf()
    const nested = one.submitScoped(
      async () =>
        await other.submitScoped(async () => {
          await turn()
          return await one.submit(() => 'inner')
        }),
    )
    expect(String(await failureOf(nested))).toBe('Error: reentered')
  })

  it('goes after the task where that ends without a wait, and where it has ended by then', async () => {
    const { queue } = serialQueueOf()
    const log: string[] = []
    const inner: Promise<void>[] = []
    await queue.submitScoped(() => {
      inner.push(
        queue.submit(() => {
          log.push('inner')
        }),
      )
      log.push('outer')
    })
    await Promise.all(inner)
    await queue.submitScoped(async () => {
      await turn()
      setImmediate(() => {
        inner.push(
          queue.submitScoped(async () => {
            await turn()
            log.push('afterwards')
          }),
        )
      })
      log.push('second outer')
    })
    await turn()
    await Promise.all(inner)
    expect(log).toEqual(['outer', 'inner', 'second outer', 'afterwards'])
    await expect(
      queue.submitScoped(() => {
        inner.push(
          queue.submit(() => {
            log.push('all the same')
          }),
        )
        throw new Error('thrown')
      }),
    ).rejects.toThrow('thrown')
    await Promise.all(inner)
    expect(log.at(-1)).toBe('all the same')
  })

  it('I4 is not taken for what others submit meanwhile, who only wait', async () => {
    const { queue } = serialQueueOf()
    const going = new Deferred()
    const log: string[] = []
    const outside = async (name: string): Promise<void> => {
      await turn()
      await queue.submitScoped(async () => {
        await turn()
        log.push(name)
      })
    }
    const started = outside('begun before')
    const outer = queue.submitScoped(async () => {
      await going.promise
      log.push('outer')
    })
    const writers = [
      started,
      outside('begun after'),
      queue.submit(() => {
        log.push('at once')
      }),
    ]
    await turn()
    expect(log).toEqual([])
    going.resolve()
    await Promise.all([outer, ...writers])
    expect(log[0]).toBe('outer')
    expect(log.toSorted()).toEqual(['at once', 'begun after', 'begun before', 'outer'])
  })
})
