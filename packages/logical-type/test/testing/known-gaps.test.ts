import { describe, expect, test } from 'vitest'
import { runLogicalTypeConformance } from '../../src/testing/index.js'
import { money } from '../fixtures.js'
import { Recorder } from './recorder.js'

/** A parser that throws a text where it should throw an error. */
const careless = (): ReturnType<typeof money> =>
  money({
    fromLiteral(text) {
      try {
        return money().fromLiteral(text)
      } catch {
        throw 'no amount'
      }
    },
  })

async function failures(knownGaps: readonly string[], make = careless): Promise<[string, string][]> {
  const recorder = new Recorder()
  runLogicalTypeConformance({ test: recorder.test, make, knownGaps })
  return [...(await recorder.failures())].map(([key, error]) => [key, (error as Error).message])
}

describe('known gaps', () => {
  test('are run, and have to fail', async () => {
    expect(await failures([])).toEqual([
      [
        'bad-input/errors',
        expect.stringContaining('L12: fromLiteral("") threw a value of type string, expected an Error'),
      ],
    ])
    expect(await failures(['bad-input/errors'])).toEqual([])
  })

  test('that are closed have to be taken out', async () => {
    expect(await failures(['bad-input/errors'], money)).toEqual([
      ['bad-input/errors', 'L12: bad-input/errors holds now: take it out of knownGaps'],
    ])
  })

  test('that name no test fail', async () => {
    expect(await failures(['bad-input/errors', 'bad-input/error'])).toEqual([
      ['knownGaps are current', expect.stringContaining('bad-input/error. There are contract/registers, ')],
    ])
  })
})
