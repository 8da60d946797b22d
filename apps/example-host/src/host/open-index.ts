import { type LiveResource, type PluginHost } from '@uni/reload-core'
import { buildIndex, indexContext, indexKind, type IndexHandle, type IndexKindProvider } from '@uni/reload-index'
import type { RecordBatch } from 'apache-arrow'
import { toBatch } from './document.js'
import type { DocumentStore } from './document-store.js'
import type { IndexImages, SavedImage } from './index-images.js'

/** An index of the host, and what it is started from. */
export interface IndexPlace {
  readonly name: string
  /** Of the provider that opens it. */
  readonly key: string
  readonly store: DocumentStore
  readonly images: IndexImages
}

/**
 * Opens an index as it was saved, and adds what the log has since then; one that was not saved is built from the
 * documents.
 */
export async function openIndex(
  plugins: PluginHost,
  place: IndexPlace,
): Promise<LiveResource<IndexHandle, RecordBatch>> {
  const { name, key, store, images } = place
  const { version } = serving(plugins, key)
  const saved = await images.load({ index: name, version })
  await images.keepOnly({ index: name, version })
  if (saved !== undefined) store.pin(name, version, saved.lsn)
  return plugins.attach(indexKind, {
    name,
    key,
    open: (provider) =>
      saved !== undefined && store.canReadFrom(saved.lsn)
        ? resume(provider, saved, place)
        : buildIndex(provider, toBatch([...store.documents()])),
  })
}

/** Saves an index, so that the log before this need not be kept for it. */
export async function saveIndex(
  plugins: PluginHost,
  index: LiveResource<IndexHandle, RecordBatch>,
  { name, key, store, images }: IndexPlace,
): Promise<void> {
  // Whatever is in the log now was handed to the index before this use of it.
  const lsn = store.head
  await index.use(async (handle) => {
    const { version, permanent } = serving(plugins, key)
    await images.save({ index: name, version }, lsn, await handle.persist(indexContext({ name, key })))
    store.pin(name, version, lsn)
    if (!permanent) return
    await images.keepOnly({ index: name, version })
    store.unpinOthers(name, version)
  })
}

/** The version that serves a key. It cannot change while a resource of it is in use. */
function serving(plugins: PluginHost, key: string): { readonly version: string; readonly permanent: boolean } {
  using lease = plugins.acquire(indexKind, key)
  const status = plugins
    .plugins()
    .find(({ id, generation }) => id === lease.plugin.id && generation === lease.plugin.generation)
  if (status === undefined) throw new Error(`no plugin provides ${key}`)
  return status
}

async function resume(
  provider: IndexKindProvider,
  { image, lsn }: SavedImage,
  { name, key, store }: IndexPlace,
): Promise<IndexHandle> {
  const handle = await provider.open(image, indexContext({ name, key }))
  for await (const { mutations } of store.read(lsn)) await handle.apply?.(mutations)
  return handle
}
