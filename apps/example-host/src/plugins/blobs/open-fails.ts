import type { Plugin } from '@uni/reload-core'
import { storageBackend } from '@uni/reload-core/surfaces'
import { BlobsV2 } from './v2.js'

/** Cannot open any storage. */
export function openFails(): Plugin {
  return {
    manifest: { id: 'blobs', version: '3.0.0', capabilities: [storageBackend.id] },
    register: (registrar) => {
      registrar.provide(storageBackend, new OpenFails())
    },
  }
}

class OpenFails extends BlobsV2 {
  override readonly version = '3.0.0'

  override async open(location: string): Promise<never> {
    throw new Error(`the directory ${location} is of a layout that this version does not know`)
  }
}
