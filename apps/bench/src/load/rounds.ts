import { collectGarbage, millisecondsOf } from '../measure.js'

/** A process that replaces code is asked for so many times of it, one after another. */
export interface LoadRequest {
  readonly reloads: number
}

export interface LoadReply {
  readonly msEach: number
  /** What the JavaScript heap, and what hangs on it, grew by. */
  readonly retainedBytesEach: number
}

/**
 * Answers requests with `reload`, which writes, loads and serves the version it is given, and returns once that one
 * serves.
 */
export function answerRounds(reload: (version: number) => Promise<void>): void {
  let version = 0
  process.on('message', (message) => {
    // Loaders send messages of their own.
    if (isRequest(message)) void round(message).then((reply) => process.send?.(reply))
  })
  process.send?.('ready')

  async function round({ reloads }: LoadRequest): Promise<LoadReply> {
    const before = await heldBytes()
    const ms = await millisecondsOf(async () => {
      for (let count = 0; count < reloads; count += 1) {
        version += 1
        await reload(version)
      }
    })
    return { msEach: ms / reloads, retainedBytesEach: ((await heldBytes()) - before) / reloads }
  }
}

function isRequest(message: unknown): message is LoadRequest {
  return typeof message === 'object' && message !== null && 'reloads' in message
}

async function heldBytes(): Promise<number> {
  // Code that is not used any more is let go of by a collection after the one that finds it so.
  for (let times = 0; times < 4; times += 1) await collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
