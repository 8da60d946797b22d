import { readFile } from 'node:fs/promises'
import { expect, it, vi } from 'vitest'

const EXAMPLES = ['memory', 'rooms', 'chat', 'reminders']
const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

it('the README prints what runs', async () => {
  const printed = Array.from((await read('../README.md')).matchAll(/```ts\n(.*?)```/gs), ([, block]) => block)
  expect(printed).toEqual(await Promise.all(EXAMPLES.map((name) => read(`fixtures/readme-${name}.ts`))))
})

it('the examples of the README do what it says', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await import('./fixtures/readme-memory.js')
    await import('./fixtures/readme-rooms.js')
    await import('./fixtures/readme-chat.js')
    await import('./fixtures/readme-reminders.js')
    await vi.waitUntil(() => log.mock.calls.length === 4, { timeout: 900_000 })
    expect(log.mock.calls).toEqual([[2], [['Present: all']], ['Hi, Ann'], ['2.0.0', 'is due']])
  } finally {
    log.mockRestore()
  }
})
