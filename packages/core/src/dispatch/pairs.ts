import type { LiveSample } from '../strategy.js'
import type { JudgedPair } from './compat.js'
import { liveSample, type ResourceMove } from './handoffs.js'

/** A pair without the live resources that it is about. */
export type UnreadPair = Omit<JudgedPair, 'live' | 'resources'>

/** The pairs of a reload with samples of the live resources that each is about. */
export function withMoves(pairs: readonly UnreadPair[], moves: readonly ResourceMove[]): JudgedPair[] {
  const left = new Set(moves)
  const byProvider = new Map<unknown, ResourceMove[]>()
  for (const move of moves) {
    const same = byProvider.get(move.next)
    if (same === undefined) byProvider.set(move.next, [move])
    else same.push(move)
  }
  const judged = pairs.map((pair) => {
    const own = byProvider.get(pair.next)?.filter((move) => move.strategy === pair.strategy && move.key === pair.key) ?? []
    for (const move of own) left.delete(move)
    return { ...pair, live: samplesOf(own), resources: own.length }
  })
  // A handoff that names its own new provider is not to get round the judgement.
  for (const move of left) {
    const { strategy, key, old, next, transition, plugin } = move
    judged.push({
      strategy, key, old, next, live: samplesOf([move]), resources: 1, transition,
      ...(plugin !== undefined && { plugin }),
    })
  }
  return judged
}

function samplesOf(moves: readonly ResourceMove[]): LiveSample<unknown>[] {
  return moves.map(liveSample).filter((sample) => sample !== undefined)
}
