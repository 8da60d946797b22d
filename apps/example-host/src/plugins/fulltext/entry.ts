import { indexKind } from '@uni/reload-index'
import type { CatalogueEntry } from '../catalogue.js'
import { failsInInit } from './fails-in-init.js'
import { hangsInOpen } from './hangs-in-open.js'
import { losesContent } from './loses-content.js'
import { refusesOldBytes } from './refuses-old-bytes.js'
import { fulltextV1 } from './v1.js'
import { fulltextV2 } from './v2.js'

export const fulltextEntry: CatalogueEntry = {
  id: 'fulltext',
  surface: indexKind.id,
  keys: ['fulltext'],
  v1: fulltextV1,
  v2: fulltextV2,
  bad: () => [
    { plugin: refusesOldBytes(), fault: 'refuses the old bytes', code: 'HANDOFF', result: 'rolled-back' },
    { plugin: losesContent(), fault: 'loses every third document', code: 'HANDOFF', result: 'rolled-back' },
    { plugin: hangsInOpen(), fault: 'hangs in open', code: 'STEP_TIMEOUT', result: 'rolled-back' },
    { plugin: failsInInit(), fault: 'fails in init', code: 'PLUGIN', result: 'rejected' },
  ],
}
