import type { MadeEdit } from './edits.js'
import { below, shuffled, type Random } from './random.js'

/** The edits in another order in which they may reach a document. */
export function delivered(edits: readonly MadeEdit[], anyOrder: boolean, random: Random): MadeEdit[] {
  return anyOrder ? shuffled(edits, random) : interleaved(edits, random)
}

/** An order in which each edit comes after those that its replica knew of, and after the replica's own. */
function interleaved(edits: readonly MadeEdit[], random: Random): MadeEdit[] {
  const waiting = new Map<number, number[]>()
  for (const [i, { replica }] of edits.entries()) waiting.set(replica, [...(waiting.get(replica) ?? []), i])
  const arrived = new Set<number>()
  let complete = 0
  const order: MadeEdit[] = []
  while (order.length < edits.length) {
    const ready = [...waiting.values()].filter(([i]) => i !== undefined && (edits[i] as MadeEdit).after <= complete)
    const next = (ready[below(ready.length, random)] as number[]).shift() as number
    order.push(edits[next] as MadeEdit)
    arrived.add(next)
    while (arrived.has(complete)) complete += 1
  }
  return order
}
