import { crdtKind } from '@uni/reload-crdt'
import type { CatalogueEntry } from '../catalogue.js'
import { dropsCards } from './drops-cards.js'
import { boardsV1 } from './v1.js'
import { boardsV2 } from './v2.js'

export const boardsEntry: CatalogueEntry = {
  id: 'boards',
  surface: crdtKind.id,
  keys: ['boards'],
  v1: boardsV1,
  v2: boardsV2,
  bad: () => [{ plugin: dropsCards(), fault: 'drops cards', code: 'SCHEMA_INCOMPAT', result: 'rejected' }],
}
