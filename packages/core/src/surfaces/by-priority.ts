/** Providers of a higher `priority` come first, and equal ones in install order. Default 0. */
export interface Prioritized {
  readonly priority?: number | undefined
}

/** The providers, highest priority first. The order among equals is kept. */
export function byPriority<P extends Prioritized>(providers: readonly P[]): readonly P[] {
  return providers.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0))
}
