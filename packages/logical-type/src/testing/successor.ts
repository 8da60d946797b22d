import type { CompatVerdict } from '@uni/reload-core'
import type { LogicalTypeProvider } from '../contract.js'

/** Mistakes of an author in the next version. */
export interface Changes extends Partial<Omit<LogicalTypeProvider, 'compatCheck'>> {
  compatCheck?(old: LogicalTypeProvider): unknown
}

/** A next version like `provider` but for `changes`. It has no check of its own, so that the host's is tested. */
export function successor(provider: LogicalTypeProvider, changes: Changes = {}): LogicalTypeProvider {
  const { compatCheck, ...others } = changes
  return {
    name: provider.name,
    arrowType: provider.arrowType,
    metadata: provider.metadata,
    encodingVersion: provider.encodingVersion,
    fromLiteral: (text) => provider.fromLiteral(text),
    toDisplay: (value) => provider.toDisplay(value),
    samples: () => provider.samples?.() ?? [],
    ...others,
    ...(compatCheck && { compatCheck: (old) => compatCheck(old) as CompatVerdict }),
  }
}
