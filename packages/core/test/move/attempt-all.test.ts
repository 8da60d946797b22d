import { describe, expect, it } from 'vitest'
import { attemptAll } from '../../src/move/attempt-all.js'
import { failureOf } from '../fixtures/deferred.js'

const fail = (error: unknown) => (): Promise<never> => Promise.reject(error)

describe('attempting all', () => {
  it('I7 runs each in order, whatever becomes of the others, and throws the only failure as it is', async () => {
    const log: string[] = []
    const broken = new Error('first')
    const failure = failureOf(
      attemptAll(
        [
          () => {
            log.push('a')
            throw broken
          },
          async () => {
            log.push('b')
          },
          () => {
            log.push('c')
          },
        ],
        'undoing failed',
      ),
    )
    expect(await failure).toBe(broken)
    expect(log).toEqual(['a', 'b', 'c'])
  })

  it('I10 throws every failure where several did', async () => {
    const failure = await failureOf(attemptAll([fail('one'), () => {}, fail('two')], 'undoing failed'))
    expect(failure).toBeInstanceOf(AggregateError)
    expect(failure).toMatchObject({ message: 'undoing failed', errors: ['one', 'two'] })
  })
})
