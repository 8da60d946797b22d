import { setImmediate as turn } from 'node:timers/promises'

/** Milliseconds between the two turns of the event loop that lay furthest apart until `body` was over. */
export async function longestStall(body: () => Promise<unknown>): Promise<number> {
  const watched = { longest: 0, over: false }
  const watch = async (): Promise<void> => {
    let turnedAt = performance.now()
    while (!watched.over) {
      await turn()
      const now = performance.now()
      watched.longest = Math.max(watched.longest, now - turnedAt)
      turnedAt = now
    }
  }
  const watching = watch()
  await body()
  watched.over = true
  await watching
  return watched.longest
}
