import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import { declareConformance, KIT, type ConformanceCase, type KitOptions } from '@uni/reload-core/testing'
import { ownMachinery, type Machinery } from './machinery.js'
import type { LogicalTypeCapabilities, LogicalTypeConformance } from './options.js'
import { Subject } from './subject.js'
import { badInputSuite } from './suites/bad-input.js'
import { columnSuite } from './suites/columns.js'
import { contractSuite } from './suites/contract.js'
import { failureSuite } from './suites/failures.js'
import { goldenSuite } from './suites/golden.js'
import { reloadSuite } from './suites/reload.js'
import { sampleSuite } from './suites/samples.js'
import { castToSuite, upgradeSuite } from './suites/upgrade.js'

const CAPABILITIES: OptionChecks<LogicalTypeCapabilities> = {
  displayIsLiteral: option.flag,
  refuses: option.list(option.string),
  castsTo: option.list(option.given),
  upgradesFrom: option.list(option.given),
}

const OPTIONS: OptionChecks<LogicalTypeConformance> = {
  ...KIT,
  make: option.required(option.function),
  capabilities: option.object(CAPABILITIES),
  golden: option.list(option.given),
  seed: option.integer(0),
}

/**
 * Declares a test for each rule that a provider of a logical type has to keep, in the runner that `test` belongs to.
 * While a rule is broken, those that need it are not judged, unless it is a known gap, so what fails is the cause.
 */
export function runLogicalTypeConformance(given: LogicalTypeConformance): void {
  const options = checkOptions(given, 'runLogicalTypeConformance options', OPTIONS)
  const { test, knownGaps, deadlineMs } = options
  declareConformance(test, conformanceCases(options), {
    kit: 'runLogicalTypeConformance',
    knownGaps,
    deadlineMs,
  })
}

/** The rules that `options` choose. */
export function conformanceCases(
  { make, capabilities = {}, golden = [], seed = 1 }: Omit<LogicalTypeConformance, keyof KitOptions>,
  machinery: Machinery = ownMachinery(),
): ConformanceCase[] {
  const { strategy } = machinery
  const subject = new Subject(make, seed)
  const { refuses, castsTo, upgradesFrom = [] } = capabilities
  return [
    ...contractSuite(subject),
    ...sampleSuite(subject, capabilities.displayIsLiteral ?? false),
    ...columnSuite(subject),
    ...badInputSuite(subject, refuses),
    ...reloadSuite(subject, strategy),
    ...failureSuite(subject, strategy),
    ...goldenSuite(subject, machinery, golden),
    ...upgradeSuite(subject, strategy, upgradesFrom),
    ...(castsTo === undefined ? [] : castToSuite(subject, castsTo)),
  ]
}
