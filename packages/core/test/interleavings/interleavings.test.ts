import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Coverage } from './coverage.js'
import { explore } from './explore.js'
import { REQUIRED } from './required.js'
import { freshSeed, isPartial, settingsOf } from './settings.js'

const settings = settingsOf(process.env)
const until = Date.now() + (settings.soakMinutes ?? 0) * 60_000

describe('any interleaving of operations on a host', () => {
  const { stackTraceLimit } = Error
  beforeAll(() => {
    // The library cuts long work into slices by this clock; a run has to be the same whenever it is run.
    vi.useFakeTimers({ toFake: ['performance'] })
    // Refusals come by the thousand. Only in a run that is looked into does anybody read where they come from.
    if (settings.path === undefined) Error.stackTraceLimit = 0
  })
  afterAll(() => {
    vi.useRealTimers()
    Error.stackTraceLimit = stackTraceLimit
  })

  it(
    'I1 I2 I3 I4 I5 I7 I8 I9 I10 I11 I12 hold at each step of it, and what is asked for ends as it may',
    async () => {
      const coverage = new Coverage()
      for (let { seed } = settings, first = true; first || Date.now() < until; seed = freshSeed(), first = false) {
        console.log(`seed ${seed}`)
        await explore({ ...settings, seed }, coverage)
        console.log(`${coverage.runs} runs, ${coverage.commands} commands`)
      }
      console.log(String(coverage))
      expect(isPartial(settings) ? [] : coverage.missing(REQUIRED)).toEqual([])
      expect(coverage.runs).toBeGreaterThan(0)
    },
    1_000_000 + (settings.soakMinutes ?? 0) * 60_000,
  )
})
