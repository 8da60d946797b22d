import { scalarFn } from '@uni/reload-core/surfaces'
import type { CatalogueEntry } from '../catalogue.js'
import { changesItsId } from './changes-its-id.js'
import { failsInInit } from './fails-in-init.js'
import { distanceV1 } from './v1.js'
import { distanceV2 } from './v2.js'

export const distanceEntry: CatalogueEntry = {
  id: 'distance',
  surface: scalarFn.id,
  keys: ['haversine'],
  v1: distanceV1,
  v2: distanceV2,
  bad: () => [
    { plugin: changesItsId(), fault: 'changes its id', code: 'MANIFEST', result: 'rejected' },
    { plugin: failsInInit(), fault: 'fails in init', code: 'PLUGIN', result: 'rejected' },
  ],
}
