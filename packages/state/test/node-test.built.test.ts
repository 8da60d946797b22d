import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { nodeTest } from '../../core/test/fixtures/node-test.js'

const SUITE = fileURLToPath(new URL('node-test/state.test.mjs', import.meta.url))

it('the kits run under node:test, from the package as it is built', async () => {
  const { stdout, count } = await nodeTest(SUITE)
  expect({ failed: count('fail'), skipped: count('skipped') }).toEqual({ failed: 0, skipped: 0 })
  for (const key of ['reload/kept', 'fire/settles', 'reload/open']) expect(stdout).toMatch(`- ${key}: `)
  expect(stdout.match(/ok \d+ - knownGaps are current/g)).toHaveLength(3)
})

it('the README prints the suite that runs under node:test', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  expect(/```js\n(.*?)```/s.exec(readme)?.[1]).toBe(await readFile(SUITE, 'utf8'))
})
