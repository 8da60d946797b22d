import type { AnyStrategy, Cutover } from '../strategy.js'
import type { ResourceMove } from './resource-move.js'
import { synchronous } from '../synchronous.js'
import { Step } from './step.js'
import type { StepEnvironment } from './step-environment.js'

/** How one resource is cut over, and who asked for it; `undefined` where the default applies. */
export interface ChosenCutover {
  readonly cutover: Cutover
  readonly by: 'caller' | 'old provider' | 'new provider' | undefined
}

/**
 * Decides which resources are cut over exclusively: all of them where the caller asks for it, otherwise those whose
 * strategy answers `exclusive` for the old or the new provider. No caller can overrule that. A strategy is asked once
 * about each provider, however many resources it has.
 *
 * @returns the cutover of each resource for which the caller or a strategy has named one. The others overlap.
 * @throws ReloadError `HANDOFF` where `cutover` of a strategy throws or gives something else.
 */
export async function chooseCutovers(
  moves: readonly ResourceMove[],
  asked: Cutover,
  environment: StepEnvironment,
  signal?: AbortSignal,
): Promise<ReadonlyMap<ResourceMove, ChosenCutover>> {
  const said = new Map<AnyStrategy, Map<unknown, Cutover>>()
  const ask = async ({ strategy, key, name, plugin }: ResourceMove, provider: unknown): Promise<Cutover> => {
    const step = new Step(environment, {
      surface: strategy.surface.id,
      key,
      resource: name,
      ...(plugin !== undefined && { plugin }),
    })
    const answer = await step.run('preflight', { code: 'HANDOFF', ...(signal && { signal }) }, () =>
      step.call('cutover', () =>
        checked(synchronous(strategy.cutover?.(provider), 'cutover()', 'it is asked before anything is moved')),
      ),
    )
    const byProvider = said.get(strategy) ?? new Map<unknown, Cutover>()
    said.set(strategy, byProvider.set(provider, answer))
    return answer
  }
  const chosen = new Map<ResourceMove, ChosenCutover>()
  for (const move of moves) {
    const { strategy, old, next } = move
    const answers: Cutover[] = []
    if (strategy.cutover !== undefined) {
      for (const provider of [old, next]) answers.push(said.get(strategy)?.get(provider) ?? (await ask(move, provider)))
    }
    const by = asked === 'exclusive' ? 'caller' : BY[answers.indexOf('exclusive')]
    if (by !== undefined) chosen.set(move, { cutover: 'exclusive', by })
    else if (answers.length > 0) chosen.set(move, OVERLAP)
    if (environment.pace.due()) await environment.pace.pause()
  }
  return chosen
}

const OVERLAP: ChosenCutover = { cutover: 'overlap', by: undefined }

/** In the order in which the strategy is asked about them. */
const BY = ['old provider', 'new provider'] as const

function checked(cutover: unknown): Cutover {
  if (cutover === 'overlap' || cutover === 'exclusive') return cutover
  throw new TypeError(
    `the strategy's cutover() gave ` +
      `${typeof cutover === 'string' ? `"${cutover}"` : `a value of type ${typeof cutover}`}; expected 'overlap' or ` +
      `'exclusive'`,
  )
}
