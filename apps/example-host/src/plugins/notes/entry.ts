import { crdtKind } from '@uni/reload-crdt'
import type { CatalogueEntry } from '../catalogue.js'
import { forgetsMeta } from './forgets-meta.js'
import { refusesOldBytes } from './refuses-old-bytes.js'
import { notesV1 } from './v1.js'
import { notesV2 } from './v2.js'

export const notesEntry: CatalogueEntry = {
  id: 'notes',
  surface: crdtKind.id,
  keys: ['notes'],
  v1: notesV1,
  v2: notesV2,
  bad: () => [
    { plugin: forgetsMeta(), fault: 'forgets the meta of a note', code: 'SCHEMA_INCOMPAT', result: 'rejected' },
    { plugin: refusesOldBytes(), fault: 'refuses the old bytes', code: 'SCHEMA_INCOMPAT', result: 'rejected' },
  ],
}
