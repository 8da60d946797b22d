import type { HandoffStrategy } from '@uni/reload-core'
import { runStrategyConformance, type DeclareTest, type MatrixSummary, type StrategySubject } from '@uni/reload-core/testing'

/** The fault matrix of one surface. */
export interface SurfaceMatrix {
  readonly surface: string
  declare(test: DeclareTest): Promise<MatrixSummary>
}

/** @param knownGaps steps at which the strategy is known to break an invariant: a test that passes after all fails. */
export function matrixOf<P, R, W>(strategy: HandoffStrategy<P, R, W>, subject: StrategySubject<P, R, W>, knownGaps: readonly string[] = []): SurfaceMatrix {
  return {
    surface: strategy.surface.id,
    declare: (test) => runStrategyConformance({ test, strategy, subject, knownGaps }),
  }
}
