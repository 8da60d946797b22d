import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import {
  declareConformance,
  KIT,
  type After,
  type ConformanceCase,
  type Expectation,
  type KitOptions,
  type NamedKinds,
} from '@uni/reload-core/testing'
import { cdcHandoff } from '../strategy.js'
import { Bench, type MakeStrategy } from './bench.js'
import type { Case } from './case.js'
import { CAPABILITIES, type CdcConformanceOptions } from './options.js'
import { badInputSuite } from './suites/bad-input.js'
import { checkpointSuite } from './suites/checkpoint.js'
import { contractSuite } from './suites/contract.js'
import { deliverySuite } from './suites/delivery.js'
import { failedHandoffSuite } from './suites/failed-handoff.js'
import { haltedSuite } from './suites/halted.js'
import { handoffSuite } from './suites/handoff.js'
import { lsnsSuite } from './suites/lsns.js'
import { outageSuite } from './suites/outage.js'
import { ownLsnSuite } from './suites/own-lsn.js'
import { pumpSuite } from './suites/pump.js'
import { redeliverySuite } from './suites/redelivery.js'
import { resumptionSuite } from './suites/resumption.js'
import { shutdownSuite } from './suites/shutdown.js'
import { streamsSuite } from './suites/streams.js'
import { tornSuite } from './suites/torn.js'
import { upgradeSuite } from './suites/upgrade.js'
import { wayOutSuite } from './suites/way-out.js'

const SUITES = [
  contractSuite,
  shutdownSuite,
  checkpointSuite,
  deliverySuite,
  lsnsSuite,
  resumptionSuite,
  redeliverySuite,
  streamsSuite,
  ownLsnSuite,
  badInputSuite,
  outageSuite,
  tornSuite,
  handoffSuite,
  failedHandoffSuite,
  wayOutSuite,
  haltedSuite,
  pumpSuite,
  upgradeSuite,
]

const OPTIONS: OptionChecks<CdcConformanceOptions> = {
  ...KIT,
  make: option.required(option.function),
  capabilities: option.required(option.object(CAPABILITIES)),
  golden: option.list(option.given),
}

/**
 * Declares a test for each rule of SPEC.md that a provider of CDC outputs has to keep, in the runner that `test`
 * belongs to. While a rule is broken, those that need it are not judged, so what fails is the cause.
 */
export function runCdcConformance(given: CdcConformanceOptions): void {
  const { test, make, capabilities, golden, ...kit } = checkOptions(given, 'runCdcConformance options', OPTIONS)
  declareConformance(test, conformanceCases({ make, capabilities, ...(golden && { golden }) }), {
    kit: 'runCdcConformance',
    ...kit,
  })
}

/** The tests that `options` choose. `strategy` is another than the kind's own only where a test tests the kit. */
export function conformanceCases(
  options: Omit<CdcConformanceOptions, keyof KitOptions>,
  strategy: MakeStrategy = cdcHandoff,
): ConformanceCase[] {
  const cases: readonly Case[] = SUITES.flatMap((suite) => suite(options.capabilities, options))
  return cases.map((one) => ({ ...one, run: (expect, after) => onItsBench(one, expect, after, options, strategy) }))
}

/** The parts of a fixture whose calls may never settle, so that the error names the call. */
const NAMED: NamedKinds = { provider: ['start'], stream: ['deliver', 'checkpoint', 'shutdown'] }

async function onItsBench(
  { run }: Case,
  expect: Expectation,
  after: After,
  { make, capabilities }: Pick<CdcConformanceOptions, 'make' | 'capabilities'>,
  strategy: MakeStrategy,
): Promise<void> {
  const fixture = expect.named(await expect.call('make()', make), 'fixture', NAMED)
  after(() => fixture.dispose?.())
  await run(new Bench(fixture, capabilities, expect, strategy))
}
