import { ConformanceError, declareConformance, Expectation, type ConformanceCase } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'

/** Runs a declared suite, and says which of its tests failed with what. */
async function run(cases: readonly ConformanceCase[], knownGaps?: readonly string[]): Promise<Record<string, string>> {
  const declared: { name: string; body: () => Promise<void> }[] = []
  declareConformance((name, body) => declared.push({ name, body }), cases, knownGaps)
  const failed: Record<string, string> = {}
  for (const { name, body } of declared) await body().catch((error: Error) => { failed[name] = error.message })
  expect(declared).toHaveLength(cases.length + 1)
  return failed
}

const holds: ConformanceCase = { key: 'holds', rule: 'X1', title: 'it holds', run: (expectation: Expectation) => { expectation.that(true, 'never') } }
const broken: ConformanceCase = { key: 'broken', rule: 'X2', title: 'it does not', run: (expectation) => { expectation.fail('expected one, found two') } }

describe('a conformance suite', () => {
  it('passes what holds, and names the rule of what does not', async () => {
    expect(await run([holds, broken])).toEqual({ 'broken: it does not (X2)': 'X2: expected one, found two' })
  })

  it('names the rule of whatever is thrown', async () => {
    const odd: ConformanceCase = { ...broken, run: () => { throw 'a string' } }
    expect(await run([odd])).toEqual({ 'broken: it does not (X2)': 'X2: broken failed: a string' })
  })

  it('runs known gaps as expected failures: one that is closed has to be taken out', async () => {
    expect(await run([holds, broken], ['broken'])).toEqual({})
    expect(await run([holds, broken], ['broken', 'holds'])).toEqual({ 'holds: it holds (X1), a known gap': 'X1: holds holds now: take it out of knownGaps' })
  })

  it('fails where a known gap names no test', async () => {
    expect(await run([holds], ['gone'])).toEqual({ 'knownGaps are current': 'knownGaps names no test of this suite: gone. There are holds' })
  })

  it('does not judge what needs a rule that is broken, unless that is a known gap; and runs each case once', async () => {
    let runs = 0
    const counted: ConformanceCase = { ...broken, run: () => { runs += 1; throw new Error('no') } }
    const follower: ConformanceCase = { key: 'follower', rule: 'X3', title: 'it follows', needs: ['broken'], run: (expectation) => expectation.fail('as well') }
    expect(Object.keys(await run([counted, follower]))).toEqual(['broken: it does not (X2)'])
    expect(runs).toBe(1)
    expect(Object.keys(await run([counted, follower], ['broken']))).toEqual(['follower: it follows (X3)'])
    expect(Object.values(await run([follower]))).toEqual(['X3: follower needs broken, which is no case of this suite'])
  })
})

describe('expectations', () => {
  const expectation = new Expectation('X4')

  it('say what had to work and did not, with the cause', async () => {
    const cause = new Error('no disk')
    const error = await expectation.works('open', () => Promise.reject(cause)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConformanceError)
    expect(error).toMatchObject({ rule: 'X4', message: 'X4: open has to work here, and failed: no disk', cause })
    expect(await expectation.works('open', () => 7)).toBe(7)
  })

  it('give what was refused, and fail what was not', async () => {
    expect(await expectation.refused('a write', () => { throw 'no' })).toBe('no')
    await expect(expectation.refused('a write', () => 1)).rejects.toThrow('X4: a write has to be refused, and was not')
  })
})
