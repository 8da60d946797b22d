import { declareConformance } from '@uni/reload-core/testing'
import { Int64 } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { conformanceCases } from '../../src/testing/conformance.js'
import { ConformanceError, runLogicalTypeConformance } from '../../src/testing/index.js'
import { money } from '../fixtures.js'
import { moneyV1, moneyV2 } from '../types/money.js'
import { BROKEN_MACHINERY } from './broken-machinery.js'
import { BROKEN_PROVIDERS, golden } from './broken-providers.js'
import { Recorder } from './recorder.js'

const providers = BROKEN_PROVIDERS.map(([key, fault, options, message, keys = [key]]) => ({
  key,
  fault,
  options,
  message,
  keys,
}))

describe('a provider that breaks a rule fails on that rule, and on no other', () => {
  test.each(providers)('$key: $fault', async ({ key, options, message, keys }) => {
    const recorder = new Recorder()
    runLogicalTypeConformance({ ...(typeof options === 'function' ? options() : options), test: recorder.test })
    const failures = await recorder.failures()
    expect([...failures.keys()]).toEqual(keys)
    const failure = failures.get(key)
    expect(failure).toBeInstanceOf(ConformanceError)
    expect((failure as ConformanceError).message).toMatch(message)
    expect((failure as ConformanceError).rule).toMatch(/^[IL]\d+(?:, [IL]\d+)*$/)
  })
})

describe('so does what the suite holds to account beside the provider', () => {
  test.each(BROKEN_MACHINERY)('%s', async (_, machinery, keys) => {
    const recorder = new Recorder()
    declareConformance(recorder.test, conformanceCases({ make: () => money() }, machinery), {
      kit: 'runLogicalTypeConformance',
    })
    expect([...(await recorder.failures()).keys()]).toEqual(keys)
  })
})

test('there is a counter-example for each rule, that fails on it alone', () => {
  const cases = conformanceCases({
    make: () => moneyV2(),
    golden,
    capabilities: {
      displayIsLiteral: true,
      refuses: [''],
      castsTo: [new Int64()],
      upgradesFrom: [{ version: '1.0.0', make: () => moneyV1(), wayBack: true }],
    },
  })
  const alone = [...providers.map(({ keys }) => keys), ...BROKEN_MACHINERY.map(([, , keys]) => keys)]
    .filter(({ length }) => length === 1)
    .flat()
  expect(cases.map(({ key }) => key).filter((key) => !alone.includes(key))).toEqual([])
})
