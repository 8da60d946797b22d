import { crdtKind } from '@uni/reload-crdt'
import type { CatalogueEntry } from '../catalogue.js'
import { swapsTitle } from './swaps-title.js'
import { sheetsV1 } from './v1.js'
import { sheetsV2 } from './v2.js'

export const sheetsEntry: CatalogueEntry = {
  id: 'sheets',
  surface: crdtKind.id,
  keys: ['sheets'],
  v1: sheetsV1,
  v2: sheetsV2,
  bad: () => [{ plugin: swapsTitle(), fault: 'swaps the title', code: 'SCHEMA_INCOMPAT', result: 'rejected' }],
}
