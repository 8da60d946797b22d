import type { AnyStrategy, Cutover } from '../strategy.js'
import type { ResourceMove } from './moving-resource.js'
import { synchronous } from '../synchronous.js'
import { Step } from './step.js'
import type { StepEnvironment } from './step-environment.js'

/** How one resource is cut over, and who asked for that: nobody, where it is the default. */
export interface ChosenCutover {
  readonly cutover: Cutover
  readonly by: 'caller' | 'old provider' | 'new provider' | undefined
}

/**
 * How resources are cut over, but for those that overlap: exclusively, where the caller or a strategy asks for it on behalf of either of its
 * providers. Nobody can ask for an overlap in spite of that. A provider is asked about once, however many resources it
 * has.
 *
 * @throws ReloadError `HANDOFF` where a strategy cannot say.
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
      step.call('cutover', () => checked(synchronous(strategy.cutover?.(provider), 'cutover()', 'it says what is so'))),
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
    if (environment.pace.due()) await environment.pace.pause()
  }
  return chosen
}

/** In the order in which they are asked. */
const BY = ['old provider', 'new provider'] as const

function checked(cutover: unknown): Cutover {
  if (cutover === 'overlap' || cutover === 'exclusive') return cutover
  throw new TypeError(
    `the strategy's cutover() gave ` +
      `${typeof cutover === 'string' ? `"${cutover}"` : `a value of type ${typeof cutover}`}; expected 'overlap' or ` +
      `'exclusive'`,
  )
}
