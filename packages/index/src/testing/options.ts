import type { MaybePromise } from '@uni/reload-core'
import type { DeclareTest } from '@uni/reload-core/testing'
import type { IndexCapabilities, IndexFixture } from './fixture.js'
import type { IndexGolden } from './golden.js'

export interface IndexConformanceOptions {
  /** A test runner's `test`: Vitest's, `node:test`'s, or any other of this shape. */
  readonly test: DeclareTest
  make(): MaybePromise<IndexFixture>
  readonly capabilities?: IndexCapabilities
  /** Keys of tests that are known to fail. One that passes fails the suite, so that a closed gap is taken off the list. */
  readonly knownGaps?: readonly string[]
  /** What earlier versions wrote, as `readIndexGolden` gives it. This version has to read all of it. */
  readonly golden?: readonly IndexGolden[]
  /** What bad input is drawn from. Default: another each time; a failure names it. */
  readonly seed?: number
}
