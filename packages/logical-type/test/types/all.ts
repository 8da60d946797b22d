import type { LogicalTypeProvider } from '../../src/index.js'
import { CANONICAL } from './canonical.js'
import { FAMILIES } from './families.js'
import { moneyV2 } from './money.js'

/** A type whose columns are kept in `test/golden`, and the version that it is at. */
export interface Kept {
  readonly version: string
  make(): LogicalTypeProvider
}

/** Every type of the tests. Who changes what one means gives it a new version, and leaves the files of the old one. */
export const KEPT: readonly Kept[] = [
  ...[...FAMILIES, ...CANONICAL].map((make) => ({ version: '1.0.0', make })),
  { version: '2.0.0', make: () => moneyV2() },
]
