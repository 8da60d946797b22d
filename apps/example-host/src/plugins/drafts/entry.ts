import type { CatalogueEntry } from '../catalogue.js'
import { drafts } from './contract.js'
import { refusesOpenDrafts } from './refuses-open-drafts.js'
import { draftsV1 } from './v1.js'
import { draftsV2 } from './v2.js'

export const draftsEntry: CatalogueEntry = {
  id: 'drafts',
  surface: drafts.id,
  keys: ['draft'],
  v1: draftsV1,
  v2: draftsV2,
  bad: () => [
    {
      plugin: refusesOpenDrafts(),
      fault: 'refuses the drafts that are open',
      code: 'SCHEMA_INCOMPAT',
      result: 'rejected',
    },
  ],
}
