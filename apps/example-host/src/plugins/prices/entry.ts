import { service } from '@uni/reload-core/surfaces'
import type { CatalogueEntry } from '../catalogue.js'
import { failsInInit } from './fails-in-init.js'
import { pricesV1 } from './v1.js'
import { pricesV2 } from './v2.js'

export const pricesEntry: CatalogueEntry = {
  id: 'prices',
  surface: service.id,
  keys: ['prices'],
  v1: pricesV1,
  v2: pricesV2,
  bad: () => [{ plugin: failsInInit(), fault: 'fails in init', code: 'PLUGIN', result: 'rejected' }],
}
