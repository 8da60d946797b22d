import { checkOptions, option, type MaybePromise, type OptionChecks } from '@uni/reload-core'
import {
  declareConformance,
  KIT,
  type After,
  type ConformanceCase,
  type Expectation,
  type KitOptions,
  type NamedKinds,
} from '@uni/reload-core/testing'
import type { CdcLsn } from '../../contract.js'
import { LOG_CASES } from './cases.js'
import { LogBench, type CommitLogFixture } from './log-bench.js'

/** What a log claims, and is tested for. */
export interface CommitLogCapabilities {
  /** It outlives the program. */
  readonly durable?: boolean | undefined
  /** Its LSNs have at most so many bits, and `make` is told where to begin. Absent: it begins where it likes. */
  readonly lsnBits?: number | undefined
}

export interface CommitLogConformanceOptions extends KitOptions {
  /**
   * Called once for each test.
   *
   * @param start where the log begins; given only where `lsnBits` is declared.
   */
  make(start?: CdcLsn): MaybePromise<CommitLogFixture>
  readonly capabilities?: CommitLogCapabilities | undefined
}

const OPTIONS: OptionChecks<CommitLogConformanceOptions> = {
  ...KIT,
  make: option.required(option.function),
  capabilities: option.object<CommitLogCapabilities>({ durable: option.flag, lsnBits: option.integer(1) }),
}

/** The parts of a fixture whose calls may never settle, so that the error names the call. */
const NAMED: NamedKinds = { log: ['read', 'waitFor'] }

/** Declares a test for each of the rules L1 to L8 of SPEC.md, which a log has to keep for a `CdcPump`. */
export function runCommitLogConformance(options: CommitLogConformanceOptions): void {
  const { test, make, capabilities, ...kit } = checkOptions(options, 'runCommitLogConformance options', OPTIONS)
  declareConformance(test, commitLogCases({ make, ...(capabilities && { capabilities }) }), {
    kit: 'runCommitLogConformance',
    ...kit,
  })
}

export function commitLogCases({
  make,
  capabilities = {},
}: Omit<CommitLogConformanceOptions, keyof KitOptions>): ConformanceCase[] {
  const { durable = false, lsnBits } = capabilities
  return LOG_CASES.filter(
    (one) => (one.asks !== 'durable' || durable) && (one.asks !== 'lsnBits' || lsnBits !== undefined),
  ).map(({ run, asks, ...one }) => ({
    ...one,
    async run(expect: Expectation, after: After) {
      // Leaves room for the commits of one test below the highest LSN.
      const start = asks === 'lsnBits' && lsnBits !== undefined ? 2n ** BigInt(lsnBits) - 100n : undefined
      const fixture = expect.named(await expect.call('make()', () => make(start)), 'fixture', NAMED)
      after(() => fixture.dispose?.())
      await run(new LogBench(fixture, expect))
    },
  }))
}
