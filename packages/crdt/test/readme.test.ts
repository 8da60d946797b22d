import { readFile } from 'node:fs/promises'
import { expect, it, vi } from 'vitest'

it('the example of the README runs as written', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const example = await readFile(new URL('fixtures/readme-example.ts', import.meta.url), 'utf8')
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(example)
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await import('./fixtures/readme-example.js')
    expect(log.mock.calls).toEqual([['2.0.0', { text: 'Hello' }]])
  } finally {
    log.mockRestore()
  }
})
