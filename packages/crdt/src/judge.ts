import type { CompatVerdict, ProviderPair, StepContext } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { MergeJudge } from './judge-merge.js'
import { StateJudge } from './judge-state.js'
import { Probe, Refusal, refuse } from './probe.js'
import type { Wording } from './show.js'
import { recordLive, recordOwn, type RecordedState } from './recorded-state.js'
import { RememberedKind } from './remembered-kind.js'
import { SpareCopies } from './spare-copies.js'
import { WayBack, type CrdtDirection } from './way-back.js'

export interface JudgeOptions {
  readonly direction: CrdtDirection
  readonly sampleLimit: number
  readonly wording: Wording
}

/** Something by which the new version was not judged. */
export interface Unjudged {
  /** Such as `samples` or `live documents`. */
  readonly path: string
  readonly reason: string
}

/** A verdict that lets the reload go ahead. `unjudged` is absent where everything was judged. */
export type CrdtVerdict = CompatVerdict & { readonly unjudged?: readonly Unjudged[] | undefined }

type Pair = ProviderPair<CrdtKindProvider, CrdtState>

/** How much of the new version was judged. */
interface Tally {
  /** How many samples and live documents, without the empty one. */
  documents: number
  readonly unjudged: Unjudged[]
}

/** Judges a new version of a kind by the values that it gives (I6), then by its own `schemaCompatCheck`. */
export async function judgeKind(pair: Pair, ctx: StepContext, options: JudgeOptions): Promise<CrdtVerdict> {
  const wayBack = new WayBack(options.direction, !(pair.old instanceof RememberedKind))
  const tally: Tally = { documents: 0, unjudged: [] }
  try {
    await judgeValues(pair, new Probe(ctx, options.wording), wayBack, options.sampleLimit, tally)
  } catch (error) {
    if (error instanceof Refusal) return { level: 'incompatible', reason: error.message, details: error.details }
    throw error
  }
  return withUnjudged(withWayBack(await ownVerdict(pair, ctx), wayBack), tally)
}

/** @throws Refusal at the first value that differs. */
async function judgeValues(
  pair: Pair,
  probe: Probe,
  wayBack: WayBack,
  sampleLimit: number,
  tally: Tally,
): Promise<void> {
  const { old, next, live } = pair
  const states = new StateJudge(pair, probe, wayBack)
  const merges = new MergeJudge(pair, probe, wayBack)
  const leftOut = (reason: string): void => {
    tally.unjudged.push({ path: 'samples', reason })
  }
  let empty: RecordedState | undefined
  for await (const state of recordOwn(old, 'the old version', sampleLimit, probe, leftOut)) {
    if (empty === undefined) empty = state
    else tally.documents += 1
    await merges.judgeOwn({ state, rewritten: await states.judge(state) })
  }
  for (const document of live.slice(0, sampleLimit)) {
    const state = await recordLive(document, probe)
    tally.documents += 1
    await using spares = new SpareCopies(probe)
    await merges.judgeLive({ state, rewritten: await states.judge(state, spares) }, spares)
  }
  if (live.length > sampleLimit) {
    tally.unjudged.push({
      path: 'live documents',
      reason:
        `only the first ${sampleLimit} of ${live.length} are looked ` +
        'at; the others are held to their values when they are handed over',
    })
  }
  let first = true
  for await (const state of recordOwn(next, 'the new version', wayBack.required ? sampleLimit : 0, probe, leftOut)) {
    if (first) {
      const difference = await probe.ask('value', state.name, `reading ${state.name}`, () =>
        probe.compare(empty?.value, state.value),
      )
      refuse('empty', difference, state.name, `${state.name} differs from that of the old version`)
    }
    first = false
    if (wayBack.required) await states.judgeBack(old, state)
  }
}

async function ownVerdict({ old, next }: Pair, ctx: StepContext): Promise<CompatVerdict> {
  const check = next.schemaCompatCheck
  return check === undefined
    ? { level: 'compatible' }
    : ctx.call('schemaCompatCheck', (signal) => check.call(next, old, { signal }))
}

/** Whether there is a way back is for a person to know, whatever the version itself says. */
function withWayBack(own: CompatVerdict, { closedBecause }: WayBack): CompatVerdict {
  const level: unknown = (own as CompatVerdict | undefined)?.level
  if (closedBecause === undefined || (level !== 'compatible' && level !== 'migrate')) return own
  const warning =
    `there is no way back: ${closedBecause}. Keep the documents as they were before, and move ` +
    'every replica on; or ask for direction "full", which refuses this'
  return { level: 'migrate', reason: own.level === 'migrate' ? `${own.reason}; ${warning}` : warning }
}

/** An empty document shows next to nothing: if there was no other, the version is `unjudged`. */
function withUnjudged(verdict: CompatVerdict, { documents, unjudged }: Tally): CrdtVerdict {
  const level: unknown = (verdict as CompatVerdict | undefined)?.level
  if (level === 'compatible' && documents === 0) return { level: 'unjudged', reason: NOTHING_TO_JUDGE_BY }
  return level === 'compatible' || level === 'migrate' ? withLeftOut(verdict, unjudged) : verdict
}

function withLeftOut(verdict: CompatVerdict, unjudged: readonly Unjudged[]): CrdtVerdict {
  return unjudged.length === 0 ? verdict : { ...verdict, unjudged }
}

const NOTHING_TO_JUDGE_BY =
  'the old version has no samples that were looked at, and no document was open: only the ' +
  'empty document was compared. ' +
  'Give the kind samples()'
