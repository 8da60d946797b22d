import type { HandoffStrategy } from '@uni/reload-core'
import type { LogicalTypeProvider } from '../contract.js'
import { logicalTypeHandoff } from '../strategy.js'
import { readGolden, type Golden, type GoldenFile } from './golden-file.js'

/** What the suite tests beside the provider. */
export interface Machinery {
  readonly strategy: HandoffStrategy<LogicalTypeProvider>
  /** @throws Error that names the file, where the bytes are no golden file. */
  readonly readGolden: (file: GoldenFile) => Golden
}

/** The machinery of this package; another one only where a test tests the suite. */
export function ownMachinery(): Machinery {
  return { strategy: logicalTypeHandoff({ removal: 'allow' }), readGolden }
}
