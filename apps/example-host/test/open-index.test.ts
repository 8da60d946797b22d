import { join } from 'node:path'
import type { LiveResource, PluginHost } from '@uni/reload-core'
import type { IndexHandle } from '@uni/reload-index'
import type { RecordBatch } from 'apache-arrow'
import { expect, it } from 'vitest'
import { toBatch, type DocumentChange } from '../src/host/document.js'
import { DocumentStore } from '../src/host/document-store.js'
import { IndexImages } from '../src/host/index-images.js'
import { openIndex, saveIndex, type IndexPlace } from '../src/host/open-index.js'
import { everyDocument } from '../src/host/queries.js'
import { fulltextEntry } from '../src/plugins/fulltext/entry.js'
import { hostWith } from './plugins/support/host.js'
import { tempDirectory } from './plugins/support/temp-directory.js'

/** One run of a host with an index over its documents, from opening it until it is closed or crashes. */
class Run implements AsyncDisposable {
  readonly plugins: PluginHost
  readonly index: LiveResource<IndexHandle, RecordBatch>
  readonly place: IndexPlace

  private constructor(plugins: PluginHost, index: LiveResource<IndexHandle, RecordBatch>, place: IndexPlace) {
    this.plugins = plugins
    this.index = index
    this.place = place
  }

  static async start(directory: string, version: 'v1' | 'v2' = 'v1'): Promise<Run> {
    const plugins = await hostWith(fulltextEntry[version]())
    const place = {
      name: 'movies',
      key: 'fulltext',
      store: new DocumentStore(join(directory, 'documents')),
      images: new IndexImages(join(directory, 'images')),
    }
    return new Run(plugins, await openIndex(plugins, place), place)
  }

  /** Resolves when the change is durable and searchable. */
  async commit(id: string): Promise<void> {
    const changes: DocumentChange[] = [{ id, revision: 0, deleted: false, title: id, details: '' }]
    await this.place.store.commit(changes, () => this.index.write(toBatch(changes)))
  }

  save(): Promise<void> {
    return saveIndex(this.plugins, this.index, this.place)
  }

  async ids(): Promise<string[]> {
    const answer = await this.index.use((handle) => handle.probe(everyDocument, Infinity))
    return Array.from({ length: answer.numRows }, (_, row) => String(answer.getChild('id')?.get(row))).toSorted()
  }

  /** Nothing of it saves the index. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.plugins[Symbol.asyncDispose]()
    await this.place.store.close()
  }
}

async function idsInNextRun(directory: string, version?: 'v1' | 'v2'): Promise<string[]> {
  await using next = await Run.start(directory, version)
  return await next.ids()
}

it('I4 an index that was saved is opened with all that was committed before, while and after it was', async () => {
  await using directory = await tempDirectory()
  {
    await using run = await Run.start(directory.path)
    await run.commit('before')
    let goOn = (): void => {}
    const busy = run.index.use(
      () =>
        new Promise<void>((resolve) => {
          goOn = resolve
        }),
    )
    // Each waits for the one before it: what is committed here is in the log before the index is saved, and not in the
    // index.
    const saving = run.save()
    const committing = run.commit('behind the save')
    await run.place.store.waitFor(1n, new AbortController().signal)
    goOn()
    await Promise.all([busy, saving, committing])
    await run.commit('after')
  }
  expect(await idsInNextRun(directory.path)).toEqual(['after', 'before', 'behind the save'])
})

it('I4 the log is kept from where the index was saved, for as long as nothing was saved since', async () => {
  await using directory = await tempDirectory()
  {
    await using run = await Run.start(directory.path)
    await run.commit('a')
    await run.save()
    await run.commit('b')
    await run.commit('c')
    run.place.store.release(run.place.store.head)
    expect(run.place.store.oldest).toBe(1n)
  }
  {
    // Also in a run that saves nothing.
    await using run = await Run.start(directory.path)
    expect(await run.ids()).toEqual(['a', 'b', 'c'])
    run.place.store.release(run.place.store.head)
    expect(run.place.store.oldest).toBe(1n)
  }
  expect(await idsInNextRun(directory.path)).toEqual(['a', 'b', 'c'])
})

it('an index that was not saved, or too long ago for the log, or by another version, is built from the documents', async () => {
  await using directory = await tempDirectory()
  {
    await using run = await Run.start(directory.path)
    await run.commit('a')
  }
  {
    await using run = await Run.start(directory.path)
    expect(await run.ids()).toEqual(['a'])
    await run.save()
  }
  const store = new DocumentStore(join(directory.path, 'documents'))
  for (const id of ['b', 'c'])
    await store.commit([{ id, revision: 0, deleted: false, title: id, details: '' }], () => Promise.resolve())
  // Nobody has said that an index needs it.
  store.release(store.head)
  expect(store.oldest).toBe(2n)
  await store.close()
  expect(await idsInNextRun(directory.path)).toEqual(['a', 'b', 'c'])
  expect(await idsInNextRun(directory.path, 'v2')).toEqual(['a', 'b', 'c'])
})
