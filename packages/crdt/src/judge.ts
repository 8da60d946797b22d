import type { CompatVerdict, ProviderPair, StepContext } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { differenceOf } from './difference.js'
import { MergeJudge } from './judge-merge.js'
import { StateJudge } from './judge-state.js'
import { Probe, Refusal, refuse } from './probe.js'
import { recordLive, recordOwn, type RecordedState } from './recorded-state.js'
import { RememberedKind } from './remembered-kind.js'
import { WayBack, type CrdtDirection } from './way-back.js'

export interface JudgeOptions {
  readonly direction: CrdtDirection
  readonly sampleLimit: number
}

type Pair = ProviderPair<CrdtKindProvider, CrdtState>

/** Judges a new version of a kind by the values it gives (I6), and then by what it says of itself. */
export async function judgeKind(pair: Pair, ctx: StepContext, { direction, sampleLimit }: JudgeOptions): Promise<CompatVerdict> {
  const wayBack = new WayBack(direction, !(pair.old instanceof RememberedKind))
  try {
    await judgeValues(pair, new Probe(ctx), wayBack, sampleLimit)
  } catch (error) {
    if (error instanceof Refusal) return { level: 'incompatible', reason: error.message, details: error.details }
    throw error
  }
  return withWayBack(await ownVerdict(pair, ctx), wayBack)
}

/** @throws Refusal at the first value that differs. */
async function judgeValues(pair: Pair, probe: Probe, wayBack: WayBack, sampleLimit: number): Promise<void> {
  const { old, next } = pair
  const states = new StateJudge(pair, probe, wayBack)
  const merges = new MergeJudge(pair, probe, wayBack)
  let empty: RecordedState | undefined
  for await (const state of recordOwn(old, 'the old version', sampleLimit, probe)) {
    empty ??= state
    await merges.judgeOwn({ state, rewritten: await states.judge(state) })
  }
  for await (const state of recordLive(pair.live, sampleLimit, probe)) {
    await merges.judgeLive({ state, rewritten: await states.judge(state) })
  }
  let first = true
  for await (const state of recordOwn(next, 'the new version', wayBack.required ? sampleLimit : 0, probe)) {
    if (first) refuse('empty', differenceOf(empty?.value, state.value), state.name, `${state.name} differs from that of the old version`)
    first = false
    if (wayBack.required) await states.judgeBack(old, state)
  }
}

async function ownVerdict({ old, next }: Pair, ctx: StepContext): Promise<CompatVerdict> {
  const check = next.schemaCompatCheck
  return check === undefined ? { level: 'compatible' } : ctx.call('schemaCompatCheck', (signal) => check.call(next, old, { signal }))
}

/** That there is no way back is for a person to know, whatever the version says of itself. */
function withWayBack(own: CompatVerdict, { closedBecause }: WayBack): CompatVerdict {
  const level: unknown = (own as CompatVerdict | undefined)?.level
  if (closedBecause === undefined || (level !== 'compatible' && level !== 'migrate')) return own
  const warning = `there is no way back: ${closedBecause}. Keep the documents as they were before, and move every replica on; or ask for direction "full", which refuses this`
  return { level: 'migrate', reason: own.level === 'migrate' ? `${own.reason}; ${warning}` : warning }
}
