import { indexKind } from '@uni/reload-index'
import type { CatalogueEntry } from '../catalogue.js'
import { opensEmpty } from './opens-empty.js'
import { refusesOldBytes } from './refuses-old-bytes.js'
import { vectorsV1 } from './v1.js'
import { vectorsV2 } from './v2.js'

/**
 * Images are files in `directory`, so that the host's `indexHandoff` needs a spool (`fileSpool`), which removes each
 * when its handoff is over. What a process leaves there when it crashes is not looked at again.
 */
export function vectorsEntry(directory: string): CatalogueEntry {
  return {
    id: 'vectors',
    surface: indexKind.id,
    keys: ['vectors'],
    v1: () => vectorsV1(directory),
    v2: () => vectorsV2(directory),
    bad: () => [
      { plugin: refusesOldBytes(directory), fault: 'refuses the old bytes', code: 'HANDOFF', result: 'rolled-back' },
      { plugin: opensEmpty(directory), fault: 'opens empty', code: 'HANDOFF', result: 'rolled-back' },
    ],
  }
}
