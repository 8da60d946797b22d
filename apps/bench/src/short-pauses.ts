import { availableParallelism } from 'node:os'
import { PLATFORM } from './measure.js'
import type { Result } from './result.js'

/** How many threads V8 starts by default, to compile and to collect garbage beside the program. */
const THREADS = 4

/** How `docs/running-a-host.md` recommends to start a host whose pauses are to be short. */
export const SHORT_PAUSES: readonly string[] = [
  `--v8-pool-size=${Math.min(THREADS, Math.max(1, availableParallelism() - 1))}`,
  '--max-semi-space-size=4',
]

/** Each of `answers`, with what the same question was answered by a process with Node's defaults beside it. */
export function besideDefaults(answers: readonly Result[], byDefault: readonly Result[]): Result[] {
  return answers.map((answer) => {
    const same = byDefault.find(({ id }) => id === answer.id)
    if (same === undefined) return answer
    const peer = { name: "the same with Node's defaults", version: PLATFORM.version, ...same.ours }
    return { ...answer, peers: [...answer.peers, peer] }
  })
}
