import { expect, it } from 'vitest'
import { runtimes } from '@uni/runtimes'
import { runProgram } from './fixtures/run-program.js'

it.each(runtimes())(
  'F5 errors say where they are from: at the top level, in a method, later, and of a dependency (Node $major)',
  async ({ execPath }) => {
    expect(await runProgram(execPath, 'stacks.mjs', { options: ['--expose-gc'] })).toEqual({
      'top level': 'throws.ts:4:11',
      method: 'plugin.ts:9:66',
      later: 'plugin.ts:14:11',
      dependency: 'node_modules/dep/dep.js:2:85',
      timer: 'node_modules/dep/dep.js:2:85',
    })
  },
)
