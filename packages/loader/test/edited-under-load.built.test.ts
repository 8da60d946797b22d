import { expect, it } from 'vitest'
import { runtimes } from '@uni/runtimes'
import { runProgram } from './fixtures/run-program.js'

interface Outcome {
  readonly wrong: readonly string[]
  /** Versions that were not collected. */
  readonly alive: number
  /** Bytes of the heap, and of what hangs on it, a reload. */
  readonly retained: number
  readonly queries: number
}

// All of them on the Node that runs the tests, and so many on each other.
const EDITS = 500
const FEWER = 120

it.each(runtimes())(
  'M1 M2 F5 edited under load in a heap of 64 MiB: each version serves and fails where its source says, and none is left (Node $major)',
  async ({ execPath }) => {
    const edits = execPath === process.execPath ? EDITS : FEWER
    const outcome = await runProgram<Outcome>(execPath, 'edited-under-load.mjs', {
      // Without what V8 makes of functions that are called often, which stays and is of no version.
      options: ['--expose-gc', '--max-old-space-size=64', '--no-opt'],
      args: [String(edits)],
    })
    expect(outcome.wrong).toEqual([])
    expect(outcome.alive).toBe(1)
    expect(outcome.retained).toBeLessThan(1024)
    expect(outcome.queries).toBeGreaterThan(edits)
  },
)
