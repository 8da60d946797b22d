import type { Plugin } from '@uni/reload-core'
import { logicalType } from '@uni/reload-logical-type'
import { Field, Float32, Struct } from 'apache-arrow'
import { GeoV2 } from './v2.js'

/** Halves the storage of each coordinate, and with it what the columns that exist would be read as. */
export function changesArrowType(): Plugin {
  return {
    manifest: { id: 'geo', version: '3.0.0', capabilities: [logicalType.id] },
    register: (registrar) => {
      registrar.provide(logicalType, new ChangesArrowType())
    },
  }
}

class ChangesArrowType extends GeoV2 {
  override readonly version = '3.0.0'
  override readonly arrowType = new Struct([
    new Field('lat', new Float32(), false),
    new Field('lon', new Float32(), false),
  ])
}
