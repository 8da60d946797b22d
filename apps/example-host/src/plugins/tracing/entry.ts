import { middleware } from '@uni/reload-core/surfaces'
import type { CatalogueEntry } from '../catalogue.js'
import { lacksHandle } from './lacks-handle.js'
import { LAYERS } from './trace.js'
import { tracingV1 } from './v1.js'
import { tracingV2 } from './v2.js'

export const tracingEntry: CatalogueEntry = {
  id: 'tracing',
  surface: middleware.id,
  keys: Object.keys(LAYERS),
  v1: tracingV1,
  v2: tracingV2,
  bad: () => [{ plugin: lacksHandle(), fault: 'lacks the method handle', code: 'PLUGIN', result: 'rejected' }],
}
