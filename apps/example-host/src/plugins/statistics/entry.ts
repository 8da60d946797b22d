import { aggregateFn } from '@uni/reload-core/surfaces'
import type { CatalogueEntry } from '../catalogue.js'
import { lacksFinish } from './lacks-finish.js'
import { statisticsV1 } from './v1.js'
import { statisticsV2 } from './v2.js'

export const statisticsEntry: CatalogueEntry = {
  id: 'statistics',
  surface: aggregateFn.id,
  keys: ['mean'],
  v1: statisticsV1,
  v2: statisticsV2,
  bad: () => [{ plugin: lacksFinish(), fault: 'lacks the method finish', code: 'PLUGIN', result: 'rejected' }],
}
