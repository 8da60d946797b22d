import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const EXAMPLES = ['bullmq', 'graphile-worker', 'croner']
const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

it('the README prints what runs, in at most 40 lines each', async () => {
  const printed = Array.from((await read('../README.md')).matchAll(/```ts\n(.*?)```/gs), ([, block]) => block as string)
  expect(printed).toEqual(await Promise.all(EXAMPLES.map((name) => read(`fixtures/readme-${name}.ts`))))
  for (const block of printed) expect(block.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
})
