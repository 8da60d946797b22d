import { preCopy, type HandoffJob, type HandoffStrategy, type PreCopyVerbs, type ResourceHandoff, type StepContext } from '@uni/reload-core'
import { copyOf } from './copy.js'
import { crdtKind, type CrdtKindProvider, type CrdtState } from './contract.js'
import { differenceOf } from './difference.js'
import { judgeKind } from './judge.js'
import { rememberKind } from './remember.js'
import { closeState, openState, persistedBytes, valueOf } from './state.js'
import type { CrdtDirection } from './way-back.js'

export interface CrdtHandoffOptions {
  /** Default `backward`. */
  direction?: CrdtDirection
  /**
   * How many of a provider's samples, and how many live documents, are looked at to judge compatibility. Default 64. Every
   * live document is held to its value once more while it is handed over, whatever the limit.
   */
  sampleLimit?: number
}

/**
 * The discipline of CRDT kinds: a schema-compatibility round trip judged on values, in which a mismatch is a hard error;
 * then each live document is moved by pre-copy, its operations replayed on the copy.
 *
 * @throws TypeError for options that are not of their form.
 */
export function crdtHandoff(options: CrdtHandoffOptions = {}): HandoffStrategy<CrdtKindProvider, CrdtState, Uint8Array> {
  const { direction = 'backward', sampleLimit = 64 } = options
  if (direction !== 'backward' && direction !== 'full') throw new TypeError(`direction is "${String(direction)}"; expected "backward" or "full"`)
  if (!Number.isInteger(sampleLimit) || sampleLimit < 0) throw new TypeError(`sampleLimit is ${String(sampleLimit)}; expected an integer of 0 or more`)
  return {
    surface: crdtKind,
    discipline: 'pre-copy',
    checkCompat: (pair, ctx) => judgeKind(pair, ctx, { direction, sampleLimit }),
    remember: (provider, ctx) => rememberKind(provider, ctx, sampleLimit),
    handoff: handOver,
    close: closeState,
  }
}

type Job = HandoffJob<CrdtKindProvider, CrdtState>

const VERBS: PreCopyVerbs<CrdtKindProvider, CrdtState, Uint8Array, unknown> = {
  snapshot(state, ctx) {
    const bytes = persistedBytes(state)
    ctx.transferred(bytes.length)
    return bytes
  },
  // It was taken before anything else could run: persist() answers synchronously, and its bytes were copied.
  isolated: () => true,
  restore: openState,
  meaning: {
    observe: (state) => copyOf(valueOf(state)),
    verify: (restored, observed) => holdTo(observed, restored, 'the restored document differs from the old one at the snapshot'),
  },
  close: closeState,
}

function handOver(job: Job, ctx: StepContext): ResourceHandoff<CrdtState> {
  const moved = preCopy(job, ctx, VERBS)
  // Only here do two owners stand side by side.
  if (job.cutover === 'exclusive' || job.gate.halted !== undefined) return moved
  const old = job.gate.resource
  return {
    ...moved,
    /** Writes are held and all of them replayed, so the two documents have to agree: no operation may mean something else. */
    async converge() {
      const state = await moved.converge()
      await ctx.judge('verify', () => holdTo(valueOf(old), state, 'the new document differs from the old one after the operations made meanwhile were replayed'))
      return state
    },
  }
}

function holdTo(expected: unknown, state: CrdtState, saying: string): void {
  const difference = differenceOf(expected, valueOf(state))
  if (difference !== undefined) throw new Error(`${saying}: ${difference.path}: ${difference.before} → ${difference.after}`)
}
