import type { LiveSample } from '../strategy.js'
import type { Slices } from '../slices.js'
import type { JudgedPair } from './compat.js'
import type { ResourceMove } from './resource-move.js'

/** A pair before its live resources are known. */
export type UnreadPair = Omit<JudgedPair, 'live' | 'resources'>

interface About {
  readonly live: LiveSample<unknown>[]
  resources: number
}

/**
 * Adds to each pair samples of the live resources that are handed over under its key. Where a handoff names another new
 * provider than its pair, a pair is added for it, so that this provider is judged, too.
 */
export async function withMoves(
  pairs: readonly UnreadPair[],
  moves: readonly ResourceMove[],
  slices: Slices,
): Promise<JudgedPair[]> {
  const about = new Map(pairs.map((pair): [UnreadPair, About] => [pair, { live: [], resources: 0 }]))
  const byProvider = new Map<unknown, UnreadPair[]>()
  for (const pair of pairs) byProvider.set(pair.next, [...(byProvider.get(pair.next) ?? []), pair])
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

/** `undefined` where there is nothing to read: the resource is halted, or is opened anew, with nothing asked of it. */
function sampleOf(move: ResourceMove): LiveSample<unknown> | undefined {
  return move.gate.halted !== undefined || move.reopened === true ? undefined : new Sample(move)
}

/** Reads a live resource between two writes. */
class Sample implements LiveSample<unknown> {
  readonly name: string
  readonly #gate: ResourceMove['gate']

  constructor({ name, gate }: ResourceMove) {
    this.name = name
    this.#gate = gate
  }

  /** A function without `this`, as strategies pass it on by itself. Made when it is read, as most samples never are. */
  get use(): LiveSample<unknown>['use'] {
    const gate = this.#gate
    return (read) => gate.use(read)
  }
}
