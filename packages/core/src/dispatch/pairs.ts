import type { MaybePromise } from '../maybe-promise.js'
import type { LiveSample } from '../strategy.js'
import type { Slices } from '../slices.js'
import type { JudgedPair } from './compat.js'
import type { ResourceMove } from './moving-resource.js'

/** A pair without the live resources that it is about. */
export type UnreadPair = Omit<JudgedPair, 'live' | 'resources'>

interface About {
  readonly live: LiveSample<unknown>[]
  resources: number
}

/** The pairs of a reload with samples of the live resources that each is about. */
export async function withMoves(
  pairs: readonly UnreadPair[],
  moves: readonly ResourceMove[],
  slices: Slices,
): Promise<JudgedPair[]> {
  const about = new Map(pairs.map((pair): [UnreadPair, About] => [pair, { live: [], resources: 0 }]))
  const byProvider = new Map<unknown, UnreadPair[]>()
  for (const pair of pairs) byProvider.set(pair.next, [...(byProvider.get(pair.next) ?? []), pair])
  // A handoff that names its own new provider is not to get round the judgement.
  const others: JudgedPair[] = []
  for (const move of moves) {
    const { strategy, key, old, next, transition, plugin } = move
    const pair = byProvider.get(next)?.find((one) => one.strategy === strategy && one.key === key)
    const sample = sampleOf(move)
    if (pair !== undefined) {
      const its = about.get(pair) as About
      its.resources += 1
      if (sample !== undefined) its.live.push(sample)
    } else {
      others.push({
        strategy,
        key,
        old,
        next,
        live: sample === undefined ? [] : [sample],
        resources: 1,
        transition,
        ...(plugin !== undefined && { plugin }),
      })
    }
    if (slices.due()) await slices.pause()
  }
  return [...pairs.map((pair) => ({ ...pair, ...(about.get(pair) as About) })), ...others]
}

/** A halted resource has none to read, and one that is opened anew is asked nothing. */
function sampleOf(move: ResourceMove): LiveSample<unknown> | undefined {
  return move.gate.halted !== undefined || move.reopened === true ? undefined : new Sample(move)
}

/** Read between two writes. */
class Sample implements LiveSample<unknown> {
  readonly name: string
  readonly #move: ResourceMove

  constructor(move: ResourceMove) {
    this.name = move.name
    this.#move = move
  }

  /** Strategies pass it on without the sample. */
  readonly use = <T>(read: (resource: unknown) => MaybePromise<T>): Promise<T> => this.#move.gate.use(read)
}
