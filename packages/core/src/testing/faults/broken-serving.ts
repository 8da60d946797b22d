import { describeThrown } from '../../errors.js'
import type { ReloadOptions } from '../../host/reload-options.js'
import type { FinalReport } from '../../host/report/results.js'
import type { HandoffStrategy } from '../../strategy.js'
import { Breaches } from './breaches.js'
import { DEADLINE_MS, describe, isPair, POSITIONS, type Circumstances } from './circumstances.js'
import { Fault, type FaultName } from './fault.js'
import { checkEnd } from './final-check.js'
import { FrozenPerformance } from './frozen-performance.js'
import type { CallNames } from './call-names.js'
import { PromptTimers } from './prompt-timers.js'
import { Stand } from './stand.js'
import { checkState } from './state-check.js'
import type { StrategySubject } from './subject.js'
import type { Trace } from './trace.js'
import { turn } from './turn.js'

/** How a broken version is taken out of service. */
type WayOut = 'by a reload' | 'by the take-back of its bake'

/** A version that has passed every check and, once it serves, fails at one of its calls each time. */
export interface BrokenServing {
  readonly circumstances: Circumstances
  /** The object and its method, such as `handle.persist`. */
  readonly call: string
  readonly fault: FaultName
  readonly way: WayOut
}

const FAULTS = ['throws', 'never settles'] as const satisfies readonly FaultName[]

/**
 * One broken version for each call that a reload, or a user during it, was seen to make into the version that serves.
 */
export function brokenServing<P, R, W>(
  strategy: HandoffStrategy<P, R, W>,
  subject: StrategySubject<P, R, W>,
  circumstances: Circumstances,
  { calls }: Trace,
): BrokenServing[] {
  if (circumstances.course !== 'commits' || !isPair(circumstances)) return []
  // A stream that is opened anew begins where its host says, and this host keeps no log of deliveries.
  if (strategy.discipline === 'stop-and-copy' && subject.recovers !== true) return []
  const kept = circumstances.cutover === 'overlap'
  const served = new Set(
    [...calls.values()]
      .filter(({ site }) => site.side === 'old' && !site.call.startsWith('plugin.'))
      .map(({ site }) => site.call),
  )
  const ways = ['by a reload', ...(kept ? ['by the take-back of its bake' as const] : [])] as const
  return [...served].flatMap((call) =>
    FAULTS.flatMap((fault) => ways.map((way): BrokenServing => ({ circumstances, call, fault, way }))),
  )
}

export function nameOfBroken({ circumstances, call, fault, way }: BrokenServing): string {
  return `${call} of what serves ${fault}, and it is got out ${way}, ${describe(circumstances)}`
}

/**
 * Takes the broken version out of service, and compares all that can be observed with the ledgers. Resolves with what
 * breaks an invariant.
 */
export async function runBrokenServing<P, R, W>(
  strategy: HandoffStrategy<P, R, W>,
  subject: StrategySubject<P, R, W>,
  broken: BrokenServing,
  names: CallNames,
): Promise<readonly string[]> {
  using _still = new FrozenPerformance()
  using _prompt = new PromptTimers()
  const { circumstances, call, fault, way } = broken
  const breaches = new Breaches()
  const stand = await Stand.open({
    strategy,
    subject,
    circumstances,
    aims: [],
    samples: false,
    names,
    onMoment: () => {},
    onNewStep: () => {},
  })
  const write = (): Promise<unknown> => Promise.all([...stand.ledgers.values()].map((ledger) => ledger.write()))
  await write()
  const bakes = way === 'by the take-back of its bake'
  const { cutover } = circumstances
  const brought = await stand.reload(2, { cutover, ...(bakes && { bake: { ms: DEADLINE_MS, healthy: () => false } }) })
  await stand.settle(write())
  stand.break({ call, version: 2, fault: new Fault(fault) })
  await stand.settle(write())

  const out = bakes ? Promise.all(brought.map(({ finalized }) => finalized)) : replaced(stand, cutover)
  const { ended } = await stand.settle(out)
  breaches.must(ended, 'I8', 'it is not got out, however many deadlines pass')
  if (!ended) return breaches.found
  try {
    const finals = await out
    for (const { status } of finals) {
      breaches.must(status === (bakes ? 'taken-back' : 'finalized'), 'I3', `it is ${status}`)
    }
  } catch (error) {
    breaches.must(false, 'I3', `it cannot be got out: ${describeThrown(error)}`)
    return breaches.found
  }
  // Everything is closed only when the take-back has been finalized, too.
  await stand.settle(
    Promise.all(
      brought.map(async ({ finalized }) => {
        const { bake } = await finalized
        if (bake?.outcome === 'taken-back') await Promise.all(bake.results.map((result) => result.finalized))
      }),
    ),
  )
  await turn()
  await checkState(stand, breaches, { version: bakes ? 1 : 3, generation: 2, bystander: 1 }, 'after it was got out')
  await checkEnd(stand, breaches)
  return breaches.found
}

/** Reloads to a mended version, with every option that an operator may need for that. */
async function replaced<P, R, W>(
  stand: Stand<P, R, W>,
  cutover: ReloadOptions['cutover'],
): Promise<readonly FinalReport[]> {
  const { surface, discipline } = stand.strategy
  const accept = POSITIONS.map((key) => ({ surface: surface.id, key, reason: 'the version that serves is broken' }))
  stand.opensFromLog = true
  const results = await stand.reload(3, {
    ...(cutover && { cutover }),
    accept,
    ...(discipline !== 'stop-and-copy' && { from: 'open' as const }),
  })
  return Promise.all(results.map(({ finalized }) => finalized))
}
