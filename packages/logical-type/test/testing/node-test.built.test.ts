import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runLogicalTypeConformance } from '../../src/testing/index.js'
import { money } from '../fixtures.js'
import { Recorder } from './recorder.js'

test('the built kit runs under node:test', () => {
  const recorder = new Recorder()
  runLogicalTypeConformance({
    test: recorder.test,
    make: () => money(),
    capabilities: { displayIsLiteral: true, refuses: [''] },
  })
  const file = fileURLToPath(new URL('../node-test/conformance.mjs', import.meta.url))
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], {
    encoding: 'utf8',
    env,
  })
  const counts = Object.fromEntries(
    [...stdout.matchAll(/^# (tests|pass|fail|skipped) (\d+)$/gm)].map(([, what, count]) => [what, Number(count)]),
  )
  const output = status === 0 ? '' : stdout + stderr
  expect({ output, ...counts }).toEqual({
    output: '',
    tests: recorder.names.length,
    pass: recorder.names.length,
    fail: 0,
    skipped: 0,
  })
})
