import { getEventListeners } from 'node:events'
import type { ManualClock } from '@uni/reload-core/testing'
import { collectGarbage } from '../fixtures/collect-garbage.js'

/** The heap is measured after each. Before them comes one as long as two: most of what is compiled is there by then. */
const STRETCHES = 3
/** What the runtime compiles late, or throws away again, has moved the heap by up to 300 kB from one measurement to the next. */
const NOISE_BYTES = 600_000
/** Of collection: what a turn has looked at weakly is kept to its end, and what is finalized frees more. */
const ROUNDS = 3
/** How often is looked again for objects that are still reachable. */
const PATIENCE = 20

export interface Repeated {
  readonly reloads: number
  /** The host's. */
  readonly clock: ManualClock
  /** Given to whatever takes a signal. */
  readonly signal: AbortSignal
  /** One reload, to its end. Says which objects nobody may hold any longer after it. */
  reload(nth: number, gone: (object: object) => void): Promise<void>
}

/** What repeated reloads have left behind. */
export interface Left {
  /** Objects that were said to be gone, and how many of them are still reachable. */
  readonly gone: number
  readonly reachable: number
  /** By which the heap has grown, after collection, per reload, beyond what the runtime itself makes it grow by. */
  readonly bytesPerReload: number
  readonly timers: number
  readonly listeners: number
  /** Handles, requests and timers of the process that were not there before, by type. */
  readonly resources: readonly string[]
}

export async function leftBy({ reloads, clock, signal, reload }: Repeated): Promise<Left> {
  const counts = { gone: 0, reachable: 0 }
  let nth = 0
  async function stretch(length: number): Promise<number> {
    const watched: WeakRef<object>[] = []
    for (const end = nth + length; nth < end; nth += 1) await reload(nth, (object) => { watched.push(new WeakRef(object)) })
    await collect()
    const { heapUsed } = process.memoryUsage()
    counts.gone += watched.length
    counts.reachable += await reachableOf(watched)
    return heapUsed
  }

  const length = Math.floor(reloads / (STRETCHES + 2))
  const heap = [await stretch(reloads - STRETCHES * length)]
  const resources = process.getActiveResourcesInfo()
  for (let left = STRETCHES; left > 0; left -= 1) heap.push(await stretch(length))
  // The beat by which the host measures synchronous stretches ends itself.
  clock.advance(10)
  return {
    ...counts, bytesPerReload: Math.max(0, growth(heap) - NOISE_BYTES) / length,
    timers: clock.pending, listeners: getEventListeners(signal, 'abort').length, resources: added(resources, process.getActiveResourcesInfo()),
  }
}

/** How many are left, when what the last turns held on to has had its time to go. */
async function reachableOf(watched: readonly WeakRef<object>[]): Promise<number> {
  let reachable = watched
  for (let round = 0; round < PATIENCE && reachable.length > 0; round += 1) {
    await collect()
    reachable = reachable.filter((object) => object.deref() !== undefined)
  }
  return reachable.length
}

/**
 * Bytes from one measurement to the next: the mean, or the median if that is less. What leaks is in every stretch, and so in both; what is
 * compiled late, or thrown away again, is hundreds of kilobytes in one of them.
 */
function growth(heap: readonly number[]): number {
  const steps = heap.slice(1).map((bytes, nth) => bytes - (heap[nth] ?? 0)).toSorted((a, b) => a - b)
  const mean = steps.reduce((sum, bytes) => sum + bytes, 0) / steps.length
  return Math.min(mean, steps[Math.floor(steps.length / 2)] ?? mean)
}

async function collect(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
  }
}

function added(before: readonly string[], after: readonly string[]): string[] {
  const left = [...before]
  return after.filter((type) => {
    const at = left.indexOf(type)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
