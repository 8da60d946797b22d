import type { StandbyOffer } from '../dispatch/standbys.js'
import type { WriteGate } from '../move/gate.js'
import { holdOrAbandon } from '../move/hold-writes.js'
import { Replay } from '../move/replay.js'
import type { RecordBounds } from '../move/write-record.js'
import type { HandBackOptions, ResourceHandoff, StandbyResource, StepContext } from '../strategy.js'
import { MissedWrites } from './missed-writes.js'

/**
 * A resource that a reload has replaced which bakes. It is as it was at the commit, and has a record of the writes made
 * since.
 */
export class Standby<R, W> implements StandbyResource<R>, StandbyOffer<R> {
  readonly resource: R
  readonly missed: MissedWrites<W>
  readonly #gate: WriteGate<R, W>
  #isOffered = false
  #isTaken = false

  constructor(gate: WriteGate<R, W>, resource: R, bounds: RecordBounds) {
    this.#gate = gate
    this.resource = resource
    this.missed = new MissedWrites(bounds)
  }

  /** Whether it serves: the writes and uses of its gate go to it. */
  get serves(): boolean {
    return this.#gate.halted === undefined && this.#gate.resource === this.resource
  }

  get isTaken(): boolean {
    return this.#isTaken
  }

  get isCopied(): boolean {
    return this.#isOffered && !this.#isTaken
  }

  offer(): StandbyResource<R> | undefined {
    this.#isOffered = true
    return this.missed.isComplete ? this : undefined
  }

  handBack(ctx: StepContext, { writes, close }: HandBackOptions<R>): ResourceHandoff<R> {
    this.#isTaken = true
    const [gate, standby] = [this.#gate, this.resource]
    const replay = new Replay(gate, ctx)
    const replaced = gate.resource
    const converge = async (): Promise<R> => {
      await replay.underHold(standby)
      return standby
    }
    return {
      withoutOld: true,
      ...(writes === 'replayed' && {
        prepare: async () => {
          await holdOrAbandon(gate, ctx)
          gate.recall(this.missed.take())
          // Where a write was abandoned, the replaced resource takes no more writes: they stay held until the standby
          // serves.
          if (!gate.abandoned) gate.record()
          await replay.underLoad(standby)
        },
        catchUp: () => replay.catchUp(standby),
      }),
      // A wrapper that has replaced `converge` wants its own called, so there is no successor without it.
      successor() {
        return this.converge === converge ? standby : undefined
      },
      converge,
      // Writes that were replayed on the standby cannot be undone, so it stands by no more: the finalization of its own
      // reload closes it.
      async rollback() {
        gate.release()
      },
      async finalize() {
        if (replaced !== standby) await close(replaced)
      },
      intact: { resource: replaced, release: async () => {} },
    }
  }
}
