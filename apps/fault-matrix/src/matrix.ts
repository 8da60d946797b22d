import { basename } from 'node:path'
import type { HandoffStrategy } from '@uni/reload-core'
import { runStrategyConformance, type StrategySubject } from '@uni/reload-core/testing'
import { afterAll, describe, expect, it } from 'vitest'

/**
 * Declares the fault matrix of one surface. Each has a test file, so that all cores have something to do, and the file
 * is named after the surface, so that a surface without one is missed.
 *
 * @param knownGaps steps at which the strategy is known to break an invariant: a test that passes after all fails.
 */
export function declareMatrix<P, R, W>(
  strategy: HandoffStrategy<P, R, W>,
  subject: StrategySubject<P, R, W>,
  knownGaps: readonly string[] = [],
): void {
  const { id } = strategy.surface
  // Tens of thousands of errors are made on purpose, and nobody looks at their stacks.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit
  })

  describe(`the fault matrix of ${id}`, async () => {
    const summary = await runStrategyConformance({ test: it, strategy, subject, knownGaps })

    it('is in a file that is named after its surface', ({ task }) => {
      expect(surfaceOfFile(task.file.filepath)).toBe(id)
    })

    it('has cells', ({ task }) => {
      expect(summary.cells).toBeGreaterThanOrEqual(100)
      // The last of all: by now it is known how many cells were reached.
      task.file.meta.matrix = summary
    })
  })
}

/** The surface of a file: `storage-backend.one-owner.test.ts` has one of several subjects of its surface. */
export function surfaceOfFile(path: string): string {
  return basename(path).replace(/\..*/, '')
}
