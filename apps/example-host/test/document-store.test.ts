import { expect, it } from 'vitest'
import { DocumentStore } from '../src/host/document-store.js'
import { tempDirectory } from './plugins/support/temp-directory.js'

const change = (revision: number) => [{ id: 'a', revision, deleted: false, title: '', details: '' }]
const published = (): Promise<void> => Promise.resolve()

it('I4 I5 a log of which nothing is needed any more goes on where it ended, also in the next run', async () => {
  await using directory = await tempDirectory()
  const first = new DocumentStore(directory.path)
  for (let revision = 0; revision < 3; revision += 1) await first.commit(change(revision), published)
  first.release(first.head)
  await first.close()

  const next = new DocumentStore(directory.path)
  expect(next.head).toBe(3n)
  expect(next.canReadFrom(3n)).toBe(true)
  expect(await next.commit(change(3), published)).toBe(3n)
  await next.close()
})

it('what a saved index still needs is kept', async () => {
  await using directory = await tempDirectory()
  const store = new DocumentStore(directory.path)
  for (let revision = 0; revision < 3; revision += 1) await store.commit(change(revision), published)
  store.pin('movies', '1.0.0', 1n)
  store.release(3n)
  expect(store.oldest).toBe(1n)
  store.unpinOthers('movies', '2.0.0')
  store.release(3n)
  expect(store.oldest).toBe(2n)
  await store.close()
})
