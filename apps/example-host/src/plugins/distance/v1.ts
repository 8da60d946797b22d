import type { Plugin } from '@uni/reload-core'
import { scalarFn, type ScalarFnProvider } from '@uni/reload-core/surfaces'
import { EARTH_RADIUS_KM, radiansOf } from './arguments.js'

/** `haversine(lat1, lon1, lat2, lon2)`: the great-circle distance in kilometres. */
export function distanceV1(): Plugin {
  return {
    manifest: { id: 'distance', version: '1.0.0', capabilities: [scalarFn.id] },
    register: (registrar) => {
      registrar.provide(scalarFn, new DistanceV1())
    },
  }
}

export default distanceV1()

class DistanceV1 implements ScalarFnProvider {
  readonly version = '1.0.0'
  readonly name = 'haversine'

  call(...degrees: readonly unknown[]): number | null {
    const points = radiansOf(degrees)
    if (points === undefined) return null
    const [lat1, lon1, lat2, lon2] = points
    const [latSum, latHalf, lonHalf] = [(lat1 + lat2) / 2, (lat2 - lat1) / 2, (lon2 - lon1) / 2]
    // The haversine of the angle, and that of its supplement: 1 - near would lose the distance from the antipode.
    const near = Math.sin(latHalf) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin(lonHalf) ** 2
    const far = (Math.cos(latHalf) * Math.cos(lonHalf)) ** 2 + (Math.sin(latSum) * Math.sin(lonHalf)) ** 2
    return 2 * EARTH_RADIUS_KM * Math.atan2(Math.sqrt(near), Math.sqrt(far))
  }
}
