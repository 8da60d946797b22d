import { readdir, readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'

test('the example of the README runs as written', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const example = await readFile(new URL('fixtures/readme-example.ts', import.meta.url), 'utf8')
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(example)
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await import('./fixtures/readme-example.js')
    expect(log.mock.calls).toEqual([['2.0.0', ['b', 'a']]])
  } finally {
    log.mockRestore()
  }
})

test('the suite of the README is the one that is run under node:test', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`\`\`\`js\n${await readFile(new URL('node-test/full-text.test.mjs', import.meta.url), 'utf8')}\`\`\``)
})

test('the main entry runs where there is no node: it imports neither node modules nor Arrow code', async () => {
  const root = new URL('../src/', import.meta.url)
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.ts') && !file.startsWith('node'))
  expect(files).toContain('index.ts')
  const importing: string[] = []
  for (const file of files) {
    const text = await readFile(new URL(file, root), 'utf8')
    if (/from 'node:|from '\.\.?\/node\/|import \{[^}]*\} from 'apache-arrow'/.test(text)) importing.push(file)
  }
  expect(importing).toEqual([])
})
