import { PluginCallError } from '@uni/reload-core'

/** The mean radius of the earth in kilometres (IUGG). */
export const EARTH_RADIUS_KM = 6371.0088

/** Two places in radians: latitude, longitude, latitude, longitude. */
export type Radians = readonly [lat1: number, lon1: number, lat2: number, lon2: number]

/** The arguments of a call, given in degrees; `undefined` where one is null. @throws PluginCallError `ARGUMENT`. */
export function radiansOf(degrees: readonly unknown[]): Radians | undefined {
  if (degrees.length !== 4) {
    throw new PluginCallError(
      'ARGUMENT',
      `haversine takes lat1, lon1, lat2 and lon2, and was given ${degrees.length} arguments`,
    )
  }
  if (degrees.some((value) => value === null || value === undefined)) return undefined
  const [lat1, lon1, lat2, lon2] = degrees.map(radians) as [number, number, number, number]
  return [lat1, lon1, lat2, lon2]
}

function radians(degrees: unknown): number {
  if (typeof degrees !== 'number' || !Number.isFinite(degrees)) {
    throw new PluginCallError('ARGUMENT', `haversine takes numbers of degrees, and was given ${String(degrees)}`)
  }
  return (degrees * Math.PI) / 180
}
