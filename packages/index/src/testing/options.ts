import type { MaybePromise } from '@uni/reload-core'
import type { KitOptions } from '@uni/reload-core/testing'
import type { IndexCapabilities, IndexFixture } from './fixture.js'
import type { IndexGolden } from './golden.js'

export interface IndexConformanceOptions extends KitOptions {
  make(): MaybePromise<IndexFixture>
  readonly capabilities?: IndexCapabilities | undefined
  /** What earlier versions wrote, from `readIndexGolden`. This version has to read all of it. */
  readonly golden?: readonly IndexGolden[] | undefined
  /** The seed of bad input. Default: another one each time; a failure names it. */
  readonly seed?: number | undefined
}
