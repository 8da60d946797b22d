import type { Plugin } from '@uni/reload-core'
import { scalarFn, type ScalarFnProvider } from '@uni/reload-core/surfaces'
import { EARTH_RADIUS_KM, radiansOf } from './arguments.js'

/** The same distance, as the angle between two unit vectors. */
function distanceV2(): Plugin {
  return {
    manifest: { id: 'distance', version: '2.0.0', capabilities: [scalarFn.id] },
    register: (registrar) => {
      registrar.provide(scalarFn, new DistanceV2())
    },
  }
}

export default distanceV2()

export class DistanceV2 implements ScalarFnProvider {
  readonly version: string = '2.0.0'
  readonly name = 'haversine'

  call(...degrees: readonly unknown[]): number | null {
    const points = radiansOf(degrees)
    if (points === undefined) return null
    const [lat1, lon1, lat2, lon2] = points
    const [ax, ay, az] = unitVector(lat1, lon1)
    const [bx, by, bz] = unitVector(lat2, lon2)
    const cross = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
    return EARTH_RADIUS_KM * Math.atan2(cross, ax * bx + ay * by + az * bz)
  }
}

function unitVector(lat: number, lon: number): readonly [number, number, number] {
  return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)]
}
