import { setTimeout as sleep } from 'node:timers/promises'
import type { Shop } from './shop.js'

const CALLERS = 40
/** Milliseconds between an answer and the next call. */
const THINK_MS = 1

export interface Served {
  readonly acknowledged: number
  readonly failed: number
  /** Milliseconds of each call that was answered. */
  readonly took: readonly number[]
}

/** Callers that buy one thing after the other, as long as `body` runs. */
export async function callersDuring(shopNow: () => Shop, body: () => Promise<unknown>): Promise<Served> {
  const took: number[] = []
  let failed = 0
  let next = 0
  const progress = { over: false }
  const call = async (): Promise<void> => {
    while (!progress.over) {
      const id = (next += 1)
      const startedAt = performance.now()
      try {
        if ((await shopNow().buy(id)) !== id) throw new Error('the answer to another call')
        took.push(performance.now() - startedAt)
      } catch {
        failed += 1
      }
      await sleep(THINK_MS)
    }
  }
  const calling = Promise.all(Array.from({ length: CALLERS }, call))
  try {
    await body()
  } finally {
    progress.over = true
  }
  await calling
  return { acknowledged: took.length, failed, took }
}
