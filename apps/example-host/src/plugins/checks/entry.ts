import { hook } from '@uni/reload-core/surfaces'
import type { CatalogueEntry } from '../catalogue.js'
import { CHECKS } from './check.js'
import { lacksRun } from './lacks-run.js'
import { checksV1 } from './v1.js'
import { checksV2 } from './v2.js'

export const checksEntry: CatalogueEntry = {
  id: 'checks',
  surface: hook.id,
  keys: Object.keys(CHECKS),
  v1: checksV1,
  v2: checksV2,
  bad: () => [{ plugin: lacksRun(), fault: 'lacks the method run', code: 'PLUGIN', result: 'rejected' }],
}
