import type { HandoffReport } from '@uni/reload-core'
import { expect, it } from 'vitest'
import { failureReport } from '../../src/dispatch/report.js'
import { Pace } from '../../src/pace.js'

it('I10 a reload that failed tells what it did, however many resources it had', async () => {
  const MANY = 200_000
  function* reports(): Generator<HandoffReport> {
    for (let nth = 1; nth <= MANY; nth += 1) yield { pauseMs: nth % 7 } as HandoffReport
  }
  const worst = { blockedMs: 3, blockedBy: 'open' }
  const report = await failureReport(5, reports(), worst, new Pace())
  expect(report).toMatchObject({ totalMs: 5, pauseMs: 6, blockedMs: 3, blockedBy: 'open' })
  expect(report.handoffs).toHaveLength(MANY)
})
