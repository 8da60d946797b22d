import { expect, it } from 'vitest'
import { runtimes } from '@uni/runtimes'
import { runProgram } from './fixtures/run-program.js'

it.each(runtimes())(
  'F1 F5 errors say where they are from: at the top level, in a method, later, of a dependency and a worker (Node $major)',
  async ({ execPath, major }) => {
    expect(await runProgram(execPath, 'stacks.mjs', { options: ['--expose-gc'] })).toEqual({
      'top level': 'throws.ts:4:11',
      method: 'plugin.ts:9:66',
      later: 'plugin.ts:14:11',
      dependency: 'node_modules/dep/dep.js:2:85',
      timer: 'node_modules/dep/dep.js:2:85',
      // Before 22.18, Node runs no TypeScript: it is refused where it is to be started.
      worker: major < 22 ? 'worker.ts:2:22' : 'in-worker.ts:3:7',
    })
  },
)
