import type { CatalogueEntry } from '../catalogue.js'
import { visits } from './contract.js'
import { lacksApply } from './lacks-apply.js'
import { refusesWhatIsKept } from './refuses-what-is-kept.js'
import { visitsV1 } from './v1.js'
import { visitsV2 } from './v2.js'

export const visitsEntry: CatalogueEntry = {
  id: 'visits',
  surface: visits.id,
  keys: ['visits'],
  v1: visitsV1,
  v2: visitsV2,
  bad: () => [
    { plugin: refusesWhatIsKept(), fault: 'refuses what is kept', code: 'SCHEMA_INCOMPAT', result: 'rejected' },
    { plugin: lacksApply(), fault: 'lacks the method apply', code: 'PLUGIN', result: 'rejected' },
  ],
}
