import type { MaybePromise } from './maybe-promise.js'
import type { Slices } from './slices.js'

/** What remains of a stopped resource that could not be started again. */
export interface Halt<R> {
  /** What it is started from: its checkpoint, or its image. */
  readonly checkpoint: unknown
  /**
   * Set where it is started as the host opens it, since nothing was asked of it when it was stopped: there is no
   * checkpoint. Whatever replaces it is opened so, too, and its kind's handoff is not asked.
   */
  readonly from?: 'open' | undefined
  /** Why it could not be started. */
  readonly cause: unknown
  /** Tries to start it again. */
  restart(): Promise<R>
  /** Stops what a restart has started after all, where another resource has taken its place meanwhile. */
  stop(late: R): MaybePromise<void>
  /** Gives up what it would be started from, where the resource leaves instead. */
  discard(): Promise<void>
}

export interface ReplayOptions {
  /**
   * How many writes are let in, while it runs, for each one that is applied: below 1 it slows writers down, so that the
   * next replay has less to do. Default: as many as come.
   */
  readonly share?: number | undefined
  /** What it is cut into. Default: slices of its own. */
  readonly slices?: Slices | undefined
}

/** The part of a `WriteGate` that a handoff works with. */
export interface HandoffGate<R> {
  /** The live resource. @throws ReloadError `RESOURCE_HALTED` where there is none. */
  readonly resource: R
  /** Set where an earlier rollback could not start the resource again. */
  readonly halted: Halt<R> | undefined
  /** Whether a write or a use is in flight. */
  readonly busy: boolean
  /** How many writes are recorded and not yet replayed. */
  readonly recorded: number
  /**
   * Whether nothing is recorded, and no write or use in flight: a resource that has had every replay has every write.
   */
  readonly inStep: boolean
  /**
   * Whether a write or use is past its deadline and has not settled: its outcome is unknown, and nothing runs beside
   * it.
   */
  readonly stuck: boolean
  /** Whether a write or use was abandoned, and has neither settled since nor lost its resource to another. */
  readonly abandoned: boolean
  /**
   * Holds writes back, and resolves once the one in flight has settled, or was abandoned.
   *
   * @param options.abandonOverdue whether one that is past its deadline, or comes to be while it is held, is abandoned.
   * Default false.
   */
  hold(options?: { readonly abandonOverdue?: boolean | undefined }): Promise<void>
  /**
   * From a hold: the write or use in flight is waited for no longer, so that the hold is complete. Its caller is told
   * that its outcome is unknown, unless that was done already. What it does from now on is inert once another resource
   * has taken the place of this one. Where writes are to go on against this one after all ({@link record},
   * {@link release}), the gate is stuck until the abandoned one has settled. A resource with an abandoned write may
   * have half of it: it is not to be copied.
   */
  abandon(): void
  /** From a hold: lets writes go on, and records each one that the resource accepts. */
  record(): void
  /**
   * Applies what has been recorded so far to `target`, in order, and forgets it. Resolves with the number applied.
   */
  replay(target: R, signal: AbortSignal, options?: ReplayOptions): Promise<number>
  /** Lets writes go on against the resource the gate has; what was recorded is forgotten. */
  release(): void
  /** From a hold: another resource takes the place of the one that was stopped. */
  replace(resource: R): void
  /** From a hold: there is no resource until `halt.restart` succeeds; each write and use tries. */
  halt(halt: Halt<R>): void
}
