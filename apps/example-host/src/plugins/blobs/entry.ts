import { storageBackend } from '@uni/reload-core/surfaces'
import type { CatalogueEntry } from '../catalogue.js'
import { openFails } from './open-fails.js'
import { blobsV1 } from './v1.js'
import { blobsV2 } from './v2.js'

/**
 * The old storage has to let go of its directory before the new one can have it: its provider says that it is
 * exclusive.
 */
export const blobsEntry: CatalogueEntry = {
  id: 'blobs',
  surface: storageBackend.id,
  keys: ['file'],
  v1: blobsV1,
  v2: blobsV2,
  bad: () => [{ plugin: openFails(), fault: 'does not open', code: 'HANDOFF', result: 'rolled-back' }],
}
