/** Follows the resource that a gate has switched to. */
export interface WriteFollower<W> {
  /**
   * The resource has accepted a write.
   *
   * @param held whether the write was in flight when the hold began.
   * @returns whether the follower wants the next write, too.
   */
  accepted(write: W, bytes: number, held: boolean): boolean
}

/**
 * The move of one resource, as its gate reads it. `outcome` and `sealedAt` are decided once for all gates of a reload.
 */
export interface GateMove<R, W> {
  /** How the reload ended for this gate: `committed`, work goes to the successor; `aborted`, to the old resource. */
  readonly outcome: 'pending' | 'committed' | 'aborted'
  /** When writes were held at all gates of the reload, by the clock; `undefined` where they are not. */
  readonly sealedAt: number | undefined
  /** What will serve from the commit on; `undefined` until that is known. */
  readonly successor: { readonly resource: R } | undefined
  /** Called when the gate has switched to the successor. Returns the follower of the writes from there on. */
  switched(): WriteFollower<W> | undefined
  /** The longest that one write was held, in milliseconds. */
  longestHeldMs: number
  /** Called when a write or a use has begun, or a write was recorded: the successor is no longer in step. */
  stirred(): void
  /** Called when a write or a use has to wait at the gate. */
  waits(): void
  /** Called when the gate was closed, or was released although its successor is known: the commit passes it over. */
  strayed(): void
}
