import type { MaybePromise } from '@uni/reload-core'
import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import type { Bench } from './bench.js'
import type { IndexCapabilities } from './fixture.js'

/** One test of the suite, which is run against a fixture of its own. */
export interface Case extends Omit<ConformanceCase, 'run'> {
  /** The capabilities without which it is left out. */
  readonly claims?: readonly (keyof IndexCapabilities)[]
  run(bench: Bench, expect: Expectation): MaybePromise<void>
}
