import { logicalType } from '@uni/reload-logical-type'
import type { CatalogueEntry } from '../catalogue.js'
import { changesArrowType } from './changes-arrow-type.js'
import { swapsAxes } from './swaps-axes.js'
import { geoV1 } from './v1.js'
import { geoV2 } from './v2.js'

export const geoEntry: CatalogueEntry = {
  id: 'geo',
  surface: logicalType.id,
  keys: ['geo.point'],
  v1: geoV1,
  v2: geoV2,
  bad: () => [
    {
      plugin: changesArrowType(),
      fault: 'changes the Arrow type of the coordinates',
      code: 'SCHEMA_INCOMPAT',
      result: 'rejected',
    },
    { plugin: swapsAxes(), fault: 'swaps latitude and longitude', code: 'SCHEMA_INCOMPAT', result: 'rejected' },
  ],
}
