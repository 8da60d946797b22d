import {
  checkOptions,
  inPlaceHandoff,
  option,
  preCopy,
  type HandoffStrategy,
  type InPlaceVerbs,
  type MaybePromise,
  type PreCopyVerbs,
  type StepContext,
} from '@uni/reload-core'
import { crdtKind, type CrdtKindProvider, type CrdtState } from './contract.js'
import { compare, type Difference } from './difference.js'
import { judgeKind } from './judge.js'
import { laterTurn } from './later-turn.js'
import { rememberKind } from './remember.js'
import { PLAIN, REDACTED, type Wording } from './show.js'
import { closeState, METHODS, persistedBytes, valueNow, valueOf } from './state.js'
import type { CrdtDirection } from './way-back.js'

export interface CrdtHandoffOptions<
  S extends CrdtState = CrdtState,
  P extends CrdtKindProvider<S> = CrdtKindProvider<S>,
> {
  /** Default `backward`. */
  readonly direction?: CrdtDirection | undefined
  /**
   * How many of a provider's samples, and how many live documents, are looked at to judge compatibility. Default 64;
   * what is left out is told in the verdict. Every live document is held to its value once more while it is handed
   * over, whatever the limit.
   */
  readonly sampleLimit?: number | undefined
  /**
   * Whether refusals tell values by kind and size only, and leave out names of fields and keys, since errors are read
   * by more people than documents are. What a provider throws is told as it is. Default false.
   */
  readonly redact?: boolean | undefined
  /**
   * For documents that belong to the host and outlive every version, such as those of a server that somebody else runs:
   * gives the document that `serving` shows, as the next version works with it. Nothing is copied but what is judged
   * by. It must not change the document, which `serving` is written to until the commit. Closing a state that was made
   * so, or that the host opened so, lets go of the document and leaves it as it is. Default: documents are moved.
   */
  readonly inPlace?: ((serving: S, next: P) => MaybePromise<S>) | undefined
}

/**
 * The discipline of CRDT kinds: a schema-compatibility round trip judged on values, in which a mismatch is a hard
 * error; then each live document is moved by pre-copy, its operations replayed on the copy; or it stays in place.
 *
 * @throws TypeError or RangeError for options that are not of their form.
 */
export function crdtHandoff<S extends CrdtState = CrdtState, P extends CrdtKindProvider<S> = CrdtKindProvider<S>>(
  options: CrdtHandoffOptions<S, P> = {},
): HandoffStrategy<CrdtKindProvider, CrdtState, Uint8Array> {
  const {
    direction = 'backward',
    sampleLimit = 64,
    redact = false,
    inPlace,
  } = checkOptions<CrdtHandoffOptions<S, P>>(options, 'crdtHandoff options', {
    direction: option.oneOf('backward', 'full'),
    sampleLimit: option.count(0),
    redact: option.flag,
    inPlace: option.function,
  })
  const wording = redact ? REDACTED : PLAIN
  return {
    ...(inPlace === undefined ? moved(wording) : inPlaceHandoff(crdtKind.of<S, P>(), viewed(inPlace, wording))),
    checkCompat: (pair, ctx) => judgeKind(pair, ctx, { direction, sampleLimit, wording }),
    remember: (provider, ctx) => rememberKind(provider, ctx, sampleLimit, wording),
  }
}

function moved(wording: Wording): HandoffStrategy<CrdtKindProvider, CrdtState, Uint8Array> {
  return {
    surface: crdtKind,
    discipline: 'pre-copy',
    handoff: (job, ctx) => preCopy(job, ctx, verbs(wording)),
    close: closeState,
  }
}

function viewed<S extends CrdtState, P extends CrdtKindProvider<S>>(
  view: (serving: S, next: P) => MaybePromise<S>,
  wording: Wording,
): InPlaceVerbs<P, S> {
  return {
    view,
    methods: METHODS,
    settle: laterTurn,
    observe: (state) => valueNow(state, wording),
    async verify(found, expected, ctx) {
      const difference = await ctx.slices().run(compare(expected, found, wording), ctx.signal)
      if (difference !== undefined) throw differing('the new version reads the document differently', difference)
    },
    release: closeState,
  }
}

function verbs(wording: Wording): PreCopyVerbs<CrdtKindProvider, CrdtState, Uint8Array, unknown> {
  return {
    snapshot(state, ctx) {
      const bytes = persistedBytes(state)
      ctx.transferred(bytes.length)
      return bytes
    },
    // It was taken before anything else could run: persist() answers synchronously, and its bytes were copied.
    isolated: () => true,
    // The bytes are its own: what is kept of them may be opened again.
    restore: (provider, bytes) => provider.fromPersisted(new Uint8Array(bytes)),
    methods: METHODS,
    meaning: {
      observe: (state) => valueNow(state, wording),
      verify: (restored, observed, ctx) =>
        holdTo(observed, restored, 'the restored document differs from the old one at the snapshot', wording, ctx),
    },
    // No operation may mean something else.
    agree: (old, restored, ctx) =>
      holdTo(
        valueNow(old, wording),
        restored,
        'the new document differs from the old one after the operations made meanwhile were replayed',
        wording,
        ctx,
      ),
    close: closeState,
  }
}

/**
 * Whatever a binding puts off to a later turn is done by then: what it makes of the document is what its users will
 * see.
 */
async function holdTo(
  expected: unknown,
  state: CrdtState,
  saying: string,
  wording: Wording,
  ctx: StepContext,
): Promise<void> {
  // Read now: past the step's deadline the context has another signal.
  const { signal } = ctx
  await laterTurn()
  // Where the reload has failed meanwhile, the document is being closed.
  signal.throwIfAborted()
  const difference = await ctx.slices().run(compare(expected, valueOf(state), wording), signal)
  if (difference !== undefined) throw differing(saying, difference)
}

function differing(saying: string, { path, before, after }: Difference): Error {
  return new Error(`${saying}: ${path}: ${before} → ${after}`)
}
