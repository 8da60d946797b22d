import { getEventListeners } from 'node:events'
import { queryObjects } from 'node:v8'
import type { ManualClock } from '@uni/reload-core/testing'
import { turn } from '../fixtures/deferred.js'
import { collectUntil } from '../fixtures/collect-garbage.js'

/**
 * Before the stretch that is held to a count comes one of twice its length: most of what is compiled is there by then.
 */
const STRETCHES = 3
/**
 * How many more there may be, where that one does not tell a leak from what the test runner does beside it on a slow
 * machine.
 */
const MORE_STRETCHES = 6
/** What is less than this is no leak: what is watched by weak references is held to exactly none. */
export const OBJECTS_PER_RELOAD = 0.1
export const BYTES_PER_RELOAD = 500
/**
 * What the runtime compiles late, or throws away again, has moved the heap by up to 300 kB from one measurement to the
 * next.
 */
const NOISE_BYTES = 600_000

export interface Repeated {
  readonly reloads: number
  /** The host's. */
  readonly clock: ManualClock
  /** Given to whatever takes a signal. */
  readonly signal: AbortSignal
  /** How many more stretches there may be. Default 6. */
  readonly moreStretches?: number
  /** From how many on it is a leak. Default {@link OBJECTS_PER_RELOAD}. */
  readonly objectsPerReload?: number
  /** One reload, to its end. Says which objects nobody may hold any longer after it. */
  reload(nth: number, gone: (object: object) => void): Promise<void>
}

/** What repeated reloads have left behind. */
export interface Left {
  /** Objects that were said to be gone by those reloads, and how many are still reachable of these and of any more. */
  readonly gone: number
  readonly reachable: number
  /** By how many there are more objects of any kind, functions and promises among them, per reload. */
  readonly objectsPerReload: number
  /**
   * By which the heap has grown, per reload, beyond what the runtime itself makes it grow by: strings and numbers are
   * no objects.
   */
  readonly bytesPerReload: number
  readonly timers: number
  readonly listeners: number
  /** Handles, requests and timers of the process that were not there before, by type. */
  readonly resources: readonly string[]
}

interface Memory {
  readonly objects: number
  readonly bytes: number
}

export async function leftBy({
  reloads,
  clock,
  signal,
  reload,
  moreStretches = MORE_STRETCHES,
  objectsPerReload: most = OBJECTS_PER_RELOAD,
}: Repeated): Promise<Left> {
  const counts = { gone: 0, reachable: 0 }
  let nth = 0
  async function stretch(length: number): Promise<Memory> {
    const watched: WeakRef<object>[] = []
    for (const end = nth + length; nth < end; nth += 1)
      await reload(nth, (object) => {
        watched.push(new WeakRef(object))
      })
    if (nth <= reloads) counts.gone += watched.length
    counts.reachable += await reachableOf(watched)
    watched.length = 0
    await turn()
    // To ask for objects collects garbage, more thoroughly and at ten times the cost of a collection.
    const objects = Number(queryObjects(Object))
    return { objects, bytes: process.memoryUsage().heapUsed }
  }

  const length = Math.floor(reloads / STRETCHES)
  const memory = [await stretch(reloads - length)]
  const resources = process.getActiveResourcesInfo()
  const perReload = () => ({
    objectsPerReload: growth(memory.map(({ objects }) => objects)) / length,
    bytesPerReload: Math.max(0, growth(memory.map(({ bytes }) => bytes)) - NOISE_BYTES) / length,
  })
  const isLeak = (): boolean => {
    const { objectsPerReload, bytesPerReload } = perReload()
    return objectsPerReload >= most || bytesPerReload >= BYTES_PER_RELOAD
  }
  memory.push(await stretch(length))
  for (let left = moreStretches; left > 0 && isLeak(); left -= 1) memory.push(await stretch(length))
  // The beat by which the host measures synchronous stretches ends itself.
  clock.advance(10)
  return {
    ...counts,
    ...perReload(),
    timers: clock.pending,
    listeners: getEventListeners(signal, 'abort').length,
    resources: added(resources, process.getActiveResourcesInfo()),
  }
}

/** How many are left, when what the last turns held on to has had its time to go. */
async function reachableOf(watched: readonly WeakRef<object>[]): Promise<number> {
  let reachable = watched
  await collectUntil(() => {
    reachable = reachable.filter((object) => object.deref() !== undefined)
    return reachable.length === 0
  })
  return reachable.length
}

/** The least from one count to the next: what leaks is in every stretch, and what comes up once is not. */
function growth(counts: readonly number[]): number {
  return Math.max(0, Math.min(...counts.slice(1).map((count, nth) => count - (counts[nth] ?? 0))))
}

function added(before: readonly string[], after: readonly string[]): string[] {
  const left = [...before]
  return after.filter((type) => {
    const at = left.indexOf(type)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
