import { cleanHandoff } from '../move/clean.js'
import { opened } from '../move/opened.js'
import { openedBy } from '../move/opened-by.js'
import { preCopy } from '../move/pre-copy.js'
import type { Cutover, HandoffStrategy } from '../strategy.js'
import { storageBackend, type Storage, type StorageBackendProvider, type StorageWrite } from './storage-backend.js'
import { contentOf, fill, type StorageContent } from './storage-content.js'

const METHODS = ['get', 'put', 'delete', 'keys', 'close'] as const

/**
 * Hands storages over by the discipline that their providers ask for:
 *
 * - `medium: 'shared'`, clean: the new provider opens its own storage; the old one serves its leases until drained,
 *   and is then closed.
 * - `medium: 'private'`, pre-copy: the content is copied through `keys`, `get` and `put`, and the writes made
 *   meanwhile are replayed.
 * - `cutover: 'exclusive'`: the old storage is drained and closed before the new one is opened; a private medium is
 *   copied in between.
 *
 * Where a provider asks for none of these, a reload with open storages is refused.
 */
export function storageBackendHandoff(): HandoffStrategy<StorageBackendProvider, Storage, StorageWrite> {
  const close = (storage: Storage): ReturnType<Storage['close']> => storage.close()
  const clean = cleanHandoff(storageBackend, { medium: 'shared', close, methods: METHODS })
  return {
    ...clean,
    cutover: cutoverOf,
    handoff(job, ctx) {
      const copied = job.old.medium === 'private' || job.next.medium === 'private'
      const serves = job.cutover === 'overlap' && job.gate.halted === undefined
      if (serves && !copied && clean.handoff) return clean.handoff(job, ctx)
      const moved = preCopy<StorageBackendProvider, Storage, StorageContent | undefined, never>(job, ctx, {
        snapshot: (storage) => (copied ? contentOf(storage, ctx) : undefined),
        // The snapshot may have some of the writes made since the mark. All of them are replayed, in order: as each
        // sets or deletes one key, the content is the same in the end.
        isolated: () => true,
        async restore(provider, content) {
          if (content === undefined && provider.medium === 'private') {
            throw new Error('the medium of the new storage is private, and there is no open storage to copy from')
          }
          // Checked before `fill`, which would write to the storage that serves, or close it.
          const storage = await opened(openedBy(job, provider), { job, ...(serves && { serving: job.gate.resource }) })
          if (content !== undefined) await fill(storage, content, ctx)
          return storage
        },
        close,
        methods: METHODS,
      })
      return { ...moved, discipline: serves ? 'pre-copy' : 'stop-and-copy' }
    },
  }
}

function cutoverOf({ scheme, medium, cutover = 'overlap' }: StorageBackendProvider): Cutover {
  if (medium !== undefined && medium !== 'shared' && medium !== 'private') {
    throw new TypeError(
      `the provider of "${scheme}" says medium: ${JSON.stringify(medium)}; expected 'shared' or 'private'`,
    )
  }
  if (medium !== undefined || cutover === 'exclusive') return cutover
  throw new Error(
    `the provider of "${scheme}" does not say where a storage keeps what it has acknowledged; it has to ` +
      "declare medium: 'shared' (at the location, where every open storage sees it at once), medium: 'private' (in the " +
      "open storage alone) or cutover: 'exclusive' (at the location, once it is closed)",
  )
}
