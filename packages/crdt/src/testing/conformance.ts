import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import { declareConformance, KIT, type KitOptions } from '@uni/reload-core/testing'
import { chosen } from './case.js'
import type { CrdtGolden } from './golden.js'
import { DEFAULT_CAPABILITIES, type CrdtCapabilities, type MakeSubject } from './subject.js'
import { badInputSuite } from './suites/bad-input.js'
import { contractSuite } from './suites/contract.js'
import { convergenceSuite } from './suites/convergence.js'
import { failureSuite } from './suites/failure.js'
import { goldenSuite } from './suites/golden.js'
import { handoffSuite } from './suites/handoff.js'
import { inPlaceSuite } from './suites/in-place.js'
import { persistSuite } from './suites/persist.js'
import { samplesSuite } from './suites/samples.js'

export interface CrdtConformanceOptions extends KitOptions {
  /** Makes the subject under test anew. */
  make: MakeSubject
  capabilities?: CrdtCapabilities | undefined
  /** The files of earlier versions, from `readCrdtGolden`. */
  golden?: readonly CrdtGolden[] | undefined
  /** The seed of the edits. Default 1, so that they are the same each time. */
  seed?: number | undefined
}

const CAPABILITIES: OptionChecks<CrdtCapabilities> = {
  anyOrder: option.flag,
  repeats: option.flag,
  samples: option.flag,
  wayBack: option.flag,
  inPlace: option.flag,
}

const OPTIONS: OptionChecks<CrdtConformanceOptions> = {
  ...KIT,
  make: option.required(option.function),
  capabilities: option.object(CAPABILITIES),
  golden: option.list(option.given),
  seed: option.integer(0),
}

/**
 * Declares the tests that a provider of a CRDT kind has to pass. The name of each begins with its key and ends with its
 * rule in SPEC.md. While a rule is broken, those that need it are not judged, so what fails is the cause.
 */
export function runCrdtConformance(options: CrdtConformanceOptions): void {
  const {
    test,
    make,
    capabilities,
    golden = [],
    seed = 1,
    ...kit
  } = checkOptions(options, 'runCrdtConformance options', OPTIONS)
  // `checkOptions` leaves out members that are `undefined`, so each default stays.
  const claimed = { ...DEFAULT_CAPABILITIES, ...capabilities } as typeof DEFAULT_CAPABILITIES
  const cases = [
    ...contractSuite,
    ...persistSuite,
    ...convergenceSuite,
    ...samplesSuite,
    ...badInputSuite,
    ...handoffSuite,
    ...failureSuite,
    ...inPlaceSuite,
    ...goldenSuite(golden),
  ]
  declareConformance(test, chosen(cases, { make, seed, capabilities: claimed }), {
    kit: 'runCrdtConformance',
    ...kit,
  })
}
