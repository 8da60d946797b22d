import { expect, it } from 'vitest'
import { runtimes } from '@uni/runtimes'
import { runProgram } from './fixtures/run-program.js'

it.each(runtimes())(
  'H1 a host in CommonJS shares its own objects, also under names that are computed (Node $major)',
  async ({ execPath }) => {
    expect(await runProgram(execPath, 'commonjs-host.cjs')).toEqual({ imported: true, required: true })
  },
)
