import { loadPlugin } from '@uni/reload-loader'
import { scalarFn } from '@uni/reload-core/surfaces'
import type { CatalogueEntry } from '../catalogue.js'
import { changesItsId } from './changes-its-id.js'
import { failsInInit } from './fails-in-init.js'
import { sourceOf } from '../source-of.js'

/** Its code comes from its source files, bundled when the host starts: it is no part of what is built of the host. */
export async function distanceEntry(): Promise<CatalogueEntry> {
  const [v1, v2] = await Promise.all([loadPlugin(sourceOf('distance/v1.ts')), loadPlugin(sourceOf('distance/v2.ts'))])
  return {
    id: 'distance',
    surface: scalarFn.id,
    keys: ['haversine'],
    v1: () => ({ ...v1.plugin }),
    v2: () => ({ ...v2.plugin }),
    bad: () => [
      { plugin: changesItsId(), fault: 'changes its id', code: 'MANIFEST', result: 'rejected' },
      { plugin: failsInInit(), fault: 'fails in init', code: 'PLUGIN', result: 'rejected' },
    ],
  }
}
