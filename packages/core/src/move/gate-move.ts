/** Follows the resource that a gate has switched to. */
export interface WriteFollower<W> {
  /**
   * The resource has accepted a write.
   *
   * @param held whether it was in flight when writes were held.
   * @returns whether it goes on following.
   */
  accepted(write: W, bytes: number, held: boolean): boolean
}

/** The move that a gate's resource takes part in. It makes things true of every gate of a reload at once. */
export interface GateMove<R, W> {
  /** Of this gate: whether work goes to the successor, or on against the resource that serves. */
  readonly outcome: 'pending' | 'committed' | 'aborted'
  /** Since when writes are held at every gate of the reload, by the clock. */
  readonly sealedAt: number | undefined
  /** What serves from the commit on, once that is known. */
  readonly successor: { readonly resource: R } | undefined
  /** The gate has switched to the successor. Returns what is to be told of each write from there on. */
  switched(): WriteFollower<W> | undefined
  /** The longest that one write was held, in milliseconds. */
  longestHeldMs: number
  /** A write or a use has begun, or a write was recorded: the successor is not in step. */
  stirred(): void
  /** Somebody waits at the gate. */
  waits(): void
  /** The gate was closed, or let go although its successor is known: it takes no part in the commit. */
  strayed(): void
}
