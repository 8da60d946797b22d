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
  /** Which version has to read the documents of which. Default `backward`. */
  readonly direction?: CrdtDirection | undefined
  /**
   * How many samples of a provider, and how many live documents, compatibility is judged by. Default 64; the verdict
   * names what was left out. The value of every live document is compared again when it is handed over, whatever the
   * limit.
   */
  readonly sampleLimit?: number | undefined
  /**
   * Whether refusals name values by kind and size only, and leave out the names of fields and keys, since more people
   * read errors than documents. What a provider throws is shown as it is. Default false.
   */
  readonly redact?: boolean | undefined
  /**
   * For documents that the host owns and that outlive every version, such as those of a server that somebody else runs:
   * opens the document of `serving` for the next version. Only the bytes for the judgement are copied. It must not
   * change the document, which is written to through `serving` until the commit. Closing a state that was opened so
   * must leave the document open. Default: documents are moved.
   */
  readonly inPlace?: ((serving: S, next: P) => MaybePromise<S>) | undefined
}

/**
 * The discipline of CRDT kinds. First the new version is judged by values that both versions give, where any difference
 * is an error. Then each live document is moved by pre-copy, with the operations made meanwhile applied to the copy; or
 * it stays in place.
 *
 * @throws TypeError or RangeError for options that are malformed.
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
    // The snapshot is taken in one turn: persist() is synchronous, and its bytes are copied.
    isolated: () => true,
    // A copy of the bytes, as they may be opened again.
    restore: (provider, bytes) => provider.fromPersisted(new Uint8Array(bytes)),
    methods: METHODS,
    meaning: {
      observe: (state) => valueNow(state, wording),
      verify: (restored, observed, ctx) =>
        holdTo(observed, restored, 'the restored document differs from the old one at the snapshot', wording, ctx),
    },
    // An operation must not mean something else in the new version.
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
 * Compares the state with `expected` after the turns in which bindings do what they put off, as users will see the
 * result of that.
 */
async function holdTo(
  expected: unknown,
  state: CrdtState,
  saying: string,
  wording: Wording,
  ctx: StepContext,
): Promise<void> {
  // Read before the call: after the deadline of the step, `ctx.signal` is another one.
  const { signal } = ctx
  await laterTurn()
  const slices = ctx.slices()
  // Many documents come from there in the same turn, and a value may take as long as a slice.
  if (slices.due()) await slices.pause()
  // If the reload has failed meanwhile, the document is being closed.
  signal.throwIfAborted()
  const difference = await slices.run(compare(expected, valueOf(state), wording), signal)
  if (difference !== undefined) throw differing(saying, difference)
}

function differing(saying: string, { path, before, after }: Difference): Error {
  return new Error(`${saying}: ${path}: ${before} → ${after}`)
}
