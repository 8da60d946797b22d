import { expect, it } from 'vitest'
import { runtimes } from '@uni/runtimes'
import { runProgram } from './fixtures/run-program.js'

interface Outcome {
  readonly wrong: readonly string[]
  /** Versions that were not collected. */
  readonly alive: number
  /** Bytes of the heap and of what hangs on it, a reload, once the heap has settled; where that is looked at. */
  readonly retained?: number
  readonly queries: number
}

// All of them on the Node that runs the tests, and so many on each other.
const EDITS = Number(process.env.EDITS ?? 100)
const FEWER = 30

/**
 * V8 compiles functions of the host to machine code for hundreds of reloads, and drops bytecode of those that are not
 * called. Neither is of a version, and either is more than what a reload may leave behind.
 */
const ONLY_BYTECODE = ['--no-sparkplug', '--no-maglev', '--no-opt', '--no-flush-bytecode', '--single-threaded-gc']

/** V8 compiles to machine code whatever is called, and by its last compiler what is called some 30 times. */
const machineCode = (major: number): readonly string[] => [
  '--always-sparkplug',
  ...(major < 22
    ? ['--interrupt-budget=5000']
    : ['--invocation-count-for-maglev=10', '--invocation-count-for-turbofan=30']),
  '--single-threaded-gc',
]

/** In bytes a reload. Without a leak it is about 100, the program's own reference to each version among them. */
const MOST_RETAINED = 512

it.each(runtimes())(
  'M1 M2 F5 edited under load in a heap of 64 MiB: each version serves and fails where its source says, and none is left (Node $major)',
  async ({ execPath }) => {
    const edits = execPath === process.execPath ? EDITS : FEWER
    const outcome = await runProgram<Outcome>(execPath, 'edited-under-load.mjs', {
      options: ['--expose-gc', '--max-old-space-size=64', ...ONLY_BYTECODE],
      args: [String(edits), 'measured'],
    })
    expect(outcome.wrong).toEqual([])
    expect(outcome.alive).toBe(1)
    expect(outcome.retained).toBeLessThan(MOST_RETAINED)
    expect(outcome.queries).toBeGreaterThan(edits)
  },
)

it.each(runtimes())(
  'M1 F5 machine code keeps no version either, whichever of V8’s compilers has made it (Node $major)',
  async ({ major, execPath }) => {
    const outcome = await runProgram<Outcome>(execPath, 'edited-under-load.mjs', {
      options: ['--expose-gc', '--max-old-space-size=64', ...machineCode(major)],
      args: [String(FEWER)],
    })
    expect(outcome).toMatchObject({ wrong: [], alive: 1 })
    expect(outcome.queries).toBeGreaterThan(FEWER)
  },
)
