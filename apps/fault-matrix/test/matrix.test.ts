import type { MatrixSummary } from '@uni/reload-core/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { MATRICES } from '../src/matrices.js'
import { printed } from '../src/print.js'
import { surfacesOfStrategies } from '../src/strategies.js'

// Tens of thousands of errors are made on purpose, and nobody looks at their stacks.
Error.stackTraceLimit = 0

describe('the fault matrix', async () => {
  const summaries: MatrixSummary[] = []
  for (const { declare } of MATRICES) summaries.push(await declare(it))

  it('has a subject for the strategy of every surface', () => {
    expect([...new Set(MATRICES.map(({ surface }) => surface))].toSorted()).toEqual(surfacesOfStrategies())
  })

  it('has cells of every surface', () => {
    expect(summaries.filter(({ cells }) => cells < 100)).toEqual([])
  })

  afterAll(() => { process.stdout.write(`\n${printed(summaries)}\n\n`) })
})
