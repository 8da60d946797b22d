import type { Plugin } from '@uni/reload-core'
import { logicalType } from '@uni/reload-logical-type'
import type { GeoPoint } from './point.js'
import { GeoV2 } from './v2.js'

/** Keeps the contract to the letter, and shows the latitude first. */
export function swapsAxes(): Plugin {
  return {
    manifest: { id: 'geo', version: '3.0.0', capabilities: [logicalType.id] },
    register: (registrar) => {
      registrar.provide(logicalType, new SwapsAxes())
    },
  }
}

class SwapsAxes extends GeoV2 {
  override readonly version = '3.0.0'

  override toDisplay(value: unknown): string {
    const { lat, lon } = value as GeoPoint
    return `POINT(${lat} ${lon})`
  }
}
