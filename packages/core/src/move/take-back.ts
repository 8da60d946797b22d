import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, ResourceHandoff, StepContext } from '../strategy.js'
import { holdOrAbandon } from './hold-writes.js'
import { Replay } from './replay.js'

/**
 * Gives a resource back to the one that was kept when it was replaced: nothing is copied, and the writes made since then
 * are replayed on it as those of a pre-copy are.
 */
export function takeBack<P, R>(
  { gate }: HandoffJob<P, R>,
  kept: R,
  ctx: StepContext,
  close: (resource: R) => MaybePromise<void>,
): ResourceHandoff<R> {
  const replay = new Replay(gate, ctx)
  const replaced = gate.resource
  const converge = async (): Promise<R> => {
    await replay.underHold(kept)
    return kept
  }
  return {
    withoutOld: true,
    async prepare() {
      await holdOrAbandon(gate, ctx)
      gate.recall()
      // With one abandoned the replaced resource takes no more writes: they wait for the kept one.
      if (!gate.abandoned) gate.record()
      await replay.underLoad(kept)
    },
    catchUp: () => replay.catchUp(kept),
    successor() {
      return this.converge === converge ? kept : undefined
    },
    converge,
    // What was replayed cannot be taken off the kept one again: whoever kept it closes it.
    async rollback() {
      gate.release()
    },
    finalize: () => ctx.call('close', () => close(replaced)),
    kept: { resource: replaced, release: async () => {} },
  }
}
