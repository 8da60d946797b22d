import { declareConformance, type DeclareTest } from '@uni/reload-core/testing'
import { chosen } from './case.js'
import type { CrdtGolden } from './golden.js'
import { DEFAULT_CAPABILITIES, type CrdtCapabilities, type MakeSubject } from './subject.js'
import { badInputSuite } from './suites/bad-input.js'
import { contractSuite } from './suites/contract.js'
import { convergenceSuite } from './suites/convergence.js'
import { failureSuite } from './suites/failure.js'
import { goldenSuite } from './suites/golden.js'
import { handoffSuite } from './suites/handoff.js'
import { persistSuite } from './suites/persist.js'
import { samplesSuite } from './suites/samples.js'

export interface CrdtConformanceOptions {
  /** Registers one test: `test` of Vitest, of `node:test`, or anything alike. */
  test: DeclareTest
  /** Gives what is tested, afresh. */
  make: MakeSubject
  capabilities?: CrdtCapabilities
  /** The keys of tests that are known to fail. One that passes after all, and one that names no test, fails. */
  knownGaps?: readonly string[]
  /** What earlier versions wrote, from `readCrdtGolden`. */
  golden?: readonly CrdtGolden[]
  /** Chooses the edits. Default 1: the same each time. */
  seed?: number
}

/**
 * Registers the tests that a provider of a CRDT kind has to pass. The name of each begins with its key and ends with the rule
 * of SPEC.md that it shows. A rule that hangs on another is not judged while that one is broken, so what fails is the cause.
 */
export function runCrdtConformance({ test, make, capabilities, knownGaps, golden = [], seed = 1 }: CrdtConformanceOptions): void {
  const cases = [
    ...contractSuite, ...persistSuite, ...convergenceSuite, ...samplesSuite, ...badInputSuite, ...handoffSuite, ...failureSuite, ...goldenSuite(golden),
  ]
  declareConformance(test, chosen(cases, { make, seed, capabilities: { ...DEFAULT_CAPABILITIES, ...capabilities } }), knownGaps)
}
