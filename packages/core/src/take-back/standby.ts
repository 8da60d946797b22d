import type { StandbyOffer } from '../dispatch/standbys.js'
import type { WriteGate } from '../move/gate.js'
import { holdOrAbandon } from '../move/hold-writes.js'
import { Replay } from '../move/replay.js'
import type { RecordBounds } from '../move/write-record.js'
import type { HandBackOptions, ResourceHandoff, StandbyResource, StepContext } from '../strategy.js'
import { MissedWrites } from './missed-writes.js'

/** A resource that was replaced by a reload that bakes, and is as it was at the commit; with the writes made since. */
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

  /** Whether the gate's work goes to it. */
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
          // With one abandoned the replaced resource takes no more writes: they wait for the standby.
          if (!gate.abandoned) gate.record()
          await replay.underLoad(standby)
        },
        catchUp: () => replay.catchUp(standby),
      }),
      // Whoever wraps this one and converges otherwise wants that done.
      successor() {
        return this.converge === converge ? standby : undefined
      },
      converge,
      // What was replayed cannot be taken off the standby again: the reload that is taken back closes it.
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
