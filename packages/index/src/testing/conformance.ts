import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import { attempt, declareConformance, KIT, type ConformanceCase, type NamedKinds } from '@uni/reload-core/testing'
import { Bench } from './bench.js'
import type { Case } from './case.js'
import type { IndexCapabilities, IndexFixture } from './fixture.js'
import type { IndexConformanceOptions } from './options.js'
import { applyCases } from './suites/apply.js'
import { contractCases } from './suites/contract.js'
import { damageCases } from './suites/damage.js'
import { endingCases } from './suites/ending.js'
import { failureCases } from './suites/failure.js'
import { filterCases } from './suites/filter.js'
import { formCases } from './suites/form.js'
import { goldenCases } from './suites/golden.js'
import { handoffCases } from './suites/handoff.js'
import { hostCases } from './suites/host.js'
import { imageCases } from './suites/image.js'
import { independenceCases } from './suites/independence.js'
import { probeCases } from './suites/probe.js'
import { recallCases } from './suites/recall.js'
import { sampleCases } from './suites/samples.js'
import { upgradeCases } from './suites/upgrade.js'

const CASES: readonly Case[] = [
  ...contractCases,
  ...probeCases,
  ...applyCases,
  ...filterCases,
  ...imageCases,
  ...formCases,
  ...recallCases,
  ...independenceCases,
  ...damageCases,
  ...endingCases,
  ...sampleCases,
  ...handoffCases,
  ...hostCases,
  ...failureCases,
  ...upgradeCases,
]

const CAPABILITIES: OptionChecks<IndexCapabilities> = {
  writes: option.flag,
  filter: option.flag,
  isolated: option.flag,
  samples: option.flag,
  checksum: option.flag,
  files: option.flag,
  upgrade: option.flag,
  downgrade: option.flag,
  recall: option.numberThat('a number above 0 and below 1', (value) => value > 0 && value < 1),
}

const OPTIONS: OptionChecks<IndexConformanceOptions> = {
  ...KIT,
  make: option.required(option.function),
  capabilities: option.object(CAPABILITIES),
  golden: option.list(option.given),
  seed: option.integer(0),
}

/**
 * Declares the suite that an index kind has to pass, with the runner's own `test`. Each test is named by its key, and
 * fails with a `ConformanceError` that names the rule of SPEC.md.
 */
export function runIndexConformance(options: IndexConformanceOptions): void {
  const {
    test,
    make,
    capabilities = {},
    golden = [],
    seed = Math.floor(Math.random() * 2 ** 32),
    ...kit
  } = checkOptions(options, 'runIndexConformance options', OPTIONS)
  const isClaimed = ({ claims = [] }: Case): boolean => claims.every((claim) => capabilities[claim])
  const claimed = [...CASES, ...goldenCases(golden)].filter(isClaimed)
  const unclaimed = new Set(CASES.filter((one) => !isClaimed(one)).map(({ key }) => key))
  declareConformance(
    test,
    claimed.map((one) => ({
      // A rule whose capability is not claimed cannot be broken.
      ...onFixture(one, { make, capabilities, seed }),
      needs: (one.needs ?? []).filter((key) => !unclaimed.has(key)),
    })),
    { kit: 'runIndexConformance', ...kit },
  )
}

/** The parts of a fixture whose calls may never settle, so that the error names the call. */
const NAMED: NamedKinds = { provider: ['build', 'open'], build: ['finalize'], handle: ['probe', 'schema', 'persist'] }

type Setup = { readonly [K in 'make' | 'capabilities' | 'seed']: NonNullable<IndexConformanceOptions[K]> }

/** The case with a fixture of its own, all of whose parts are closed when the case is over. */
function onFixture({ run, ...one }: Case, { make, capabilities, seed }: Setup): ConformanceCase {
  return {
    ...one,
    async run(expect, after) {
      const named = async (): Promise<IndexFixture> => expect.named(await expect.call('make()', make), 'fixture', NAMED)
      const fixture = await named()
      // A failure of the cleaning up is not what the test is about.
      const later = (undo: () => unknown): void => after(() => attempt(undo))
      later(() => fixture.dispose?.())
      await run(new Bench(fixture, { capabilities, seed, expect, later, make: named }), expect)
    },
  }
}
