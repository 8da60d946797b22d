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
 * Gives each pair samples of the live resources that are handed over under its key. A handoff that names a new provider
 * of its own is a pair of its own, so that it is judged, too.
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

/** `undefined` where nothing can be read: the resource is halted, or is opened anew and so asked nothing. */
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

  /** Bound to the sample, as strategies pass it on by itself; made when it is asked for, as most samples are not read. */
  get use(): LiveSample<unknown>['use'] {
    const gate = this.#gate
    return (read) => gate.use(read)
  }
}
