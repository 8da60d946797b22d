import type { MaybePromise } from '@uni/reload-core'
import type { ConformanceCase } from '@uni/reload-core/testing'
import type { Bench } from './bench.js'
import type { CdcCapabilities, CdcConformanceOptions } from './options.js'

/** One test of the suite, which has a bench of its own. Its title ends a sentence that begins with "a provider". */
export interface Case extends Omit<ConformanceCase, 'run'> {
  run(bench: Bench): MaybePromise<void>
}

/** The tests of one topic that the declared capabilities ask for. */
export type Suite = (
  capabilities: CdcCapabilities,
  options: Omit<CdcConformanceOptions, 'test' | 'knownGaps'>,
) => readonly Case[]
