import type { AnyStrategy, Cutover } from '../strategy.js'
import type { ResourceMove } from './handoffs.js'
import { synchronous } from '../synchronous.js'
import { Step, type StepEnvironment } from './step.js'

/** How one resource is cut over, and who asked for that: nobody, where it is the default. */
export interface ChosenCutover {
  readonly cutover: Cutover
  readonly by: 'caller' | 'old provider' | 'new provider' | undefined
}

/**
 * How each resource is cut over: exclusively, where the caller or a strategy asks for it on behalf of either of its
 * providers. Nobody can ask for an overlap in spite of that. A provider is asked about once, however many resources it
 * has.
 *
 * @throws ReloadError `HANDOFF` where a strategy cannot say.
 */
export async function chooseCutovers(
  moves: readonly ResourceMove[], asked: Cutover, environment: StepEnvironment, signal?: AbortSignal,
): Promise<ReadonlyMap<ResourceMove, ChosenCutover>> {
  const said = new Map<AnyStrategy, Map<unknown, Cutover>>()
  const chosen = new Map<ResourceMove, ChosenCutover>()
  for (const move of moves) {
    const { strategy, key, name, plugin } = move
    const byProvider = said.get(strategy) ?? new Map<unknown, Cutover>()
    said.set(strategy, byProvider)
    const ask = async (provider: unknown): Promise<Cutover> => {
      if (strategy.cutover === undefined) return 'overlap'
      const known = byProvider.get(provider)
      if (known !== undefined) return known
      const step = new Step(environment, {
        surface: strategy.surface.id, key, resource: name, ...(plugin !== undefined && { plugin }),
      })
      const answer = await step.run('preflight', { code: 'HANDOFF', ...(signal && { signal }) },
        () => step.call(
          'cutover', () => checked(synchronous(strategy.cutover?.(provider), 'cutover()', 'it says what is so')),
        ))
      byProvider.set(provider, answer)
      return answer
    }
    const [old, next] = [await ask(move.old), await ask(move.next)]
    const by = asked === 'exclusive' ? 'caller'
      : old === 'exclusive' ? 'old provider'
      : next === 'exclusive' ? 'new provider'
      : undefined
    chosen.set(move, { cutover: by === undefined ? 'overlap' : 'exclusive', by })
  }
  return chosen
}

function checked(cutover: unknown): Cutover {
  if (cutover === 'overlap' || cutover === 'exclusive') return cutover
  throw new TypeError(`the strategy's cutover() gave `
    + `${typeof cutover === 'string' ? `"${cutover}"` : `a value of type ${typeof cutover}`}; expected 'overlap' or `
    + `'exclusive'`)
}
