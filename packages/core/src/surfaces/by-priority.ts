/** Whoever has a higher priority comes first; those of the same, in the order that they were installed in. Default 0. */
export interface Prioritized {
  readonly priority?: number | undefined
}

/** In order of priority. The order among equals is kept. */
export function byPriority<P extends Prioritized>(providers: readonly P[]): readonly P[] {
  return providers.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0))
}
