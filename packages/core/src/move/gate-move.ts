/** The move that a gate's resource takes part in. It makes things true of every gate of a reload at once. */
export interface GateMove<R> {
  /** Of this gate: whether work goes to the successor, or on against the resource that serves. */
  readonly outcome: 'pending' | 'committed' | 'aborted'
  /** Whether writes are held at every gate of the reload. */
  readonly sealed: boolean
  /** What serves from the commit on, once that is known. */
  readonly successor: { readonly resource: R } | undefined
  /** Whether the writes accepted from the commit on are kept, for a reload that may be taken back. */
  readonly retains: boolean
  /** The longest that one write was held, in milliseconds. */
  longestHeldMs: number
  /** A write or a use has begun, or a write was recorded: the successor is not in step. */
  stirred(): void
  /** Somebody waits at the gate. */
  waits(): void
  /** The gate was closed, or let go although its successor is known: it takes no part in the commit. */
  strayed(): void
}
