import { Field, Float64, Struct } from 'apache-arrow'

/** A place on the earth, in degrees. */
export interface GeoPoint {
  readonly lat: number
  readonly lon: number
}

export const POINT_STORAGE = new Struct<{ lat: Float64; lon: Float64 }>([
  new Field('lat', new Float64(), false),
  new Field('lon', new Float64(), false),
])

export const POINT_SAMPLES: readonly string[] = [
  'POINT(0 0)',
  'POINT(13.4 52.52)',
  'POINT(-179.99999999 -89.5)',
  'POINT(180 90)',
  'POINT(-180 -90)',
  'POINT(1e-7 -0.1)',
]

/** @throws RangeError for what lies beyond the poles or the date line. */
export function pointAt(lon: number, lat: number, literal: string): GeoPoint {
  if (!(Math.abs(lon) <= 180) || !(Math.abs(lat) <= 90)) {
    throw new RangeError(
      `${JSON.stringify(literal)} is no place: expected a longitude within ±180 and a latitude within ±90`,
    )
  }
  // Negative zero is the same place.
  return { lat: lat + 0, lon: lon + 0 }
}

/** The text form of a point, as parsed or as read from a column. */
export function pointText(value: unknown): string {
  const { lat, lon } = value as GeoPoint
  return `POINT(${lon} ${lat})`
}

export function notAPoint(literal: string): SyntaxError {
  return new SyntaxError(`${JSON.stringify(literal)} is no point: expected POINT(lon lat), such as POINT(13.4 52.52)`)
}
