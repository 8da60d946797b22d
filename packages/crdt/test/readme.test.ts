import { readFile } from 'node:fs/promises'
import { expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import { reloadInPlace } from './fixtures/readme-hosted.js'

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

it('the suite of the README is the one that runs under node:test', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  expect(/```js\n(.*?)```/s.exec(readme)?.[1]).toBe(await readFile(new URL('node-test/notes.test.mjs', import.meta.url), 'utf8'))
})

it('the documents of the host that the README shows stay where they are', async () => {
  const doc = new Y.Doc()
  doc.getText('title').insert(0, 'Hello')
  expect(await reloadInPlace(doc)).toMatchObject({ title: 'Hello' })
  expect(doc.isDestroyed).toBe(false)
})
