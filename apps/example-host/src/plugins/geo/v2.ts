import type { Plugin } from '@uni/reload-core'
import { logicalType, type LogicalTypeProvider } from '@uni/reload-logical-type'
import type { DataType } from 'apache-arrow'
import { notAPoint, POINT_SAMPLES, POINT_STORAGE, pointAt, pointText, type GeoPoint } from './point.js'
import { Scanner } from './scanner.js'

/** The same points, read in one pass without a regular expression. */
export function geoV2(): Plugin {
  return {
    manifest: { id: 'geo', version: '2.0.0', capabilities: [logicalType.id] },
    register: (registrar) => {
      registrar.provide(logicalType, new GeoV2())
    },
  }
}

export class GeoV2 implements LogicalTypeProvider {
  readonly version: string = '2.0.0'
  readonly name = 'geo.point'
  readonly arrowType: DataType = POINT_STORAGE
  readonly encodingVersion = '1'
  readonly metadata = '{"crs":"EPSG:4326"}'

  fromLiteral(text: string): GeoPoint {
    const scanner = new Scanner(text)
    scanner.spaces()
    if (!scanner.take('point')) throw notAPoint(text)
    scanner.spaces()
    if (!scanner.take('(')) throw notAPoint(text)
    scanner.spaces()
    const lon = scanner.number()
    if (lon === undefined || scanner.spaces() === 0) throw notAPoint(text)
    const lat = scanner.number()
    scanner.spaces()
    if (lat === undefined || !scanner.take(')')) throw notAPoint(text)
    scanner.spaces()
    if (!scanner.atEnd) throw notAPoint(text)
    return pointAt(lon, lat, text)
  }

  toDisplay(value: unknown): string {
    return pointText(value)
  }

  samples(): readonly string[] {
    return POINT_SAMPLES
  }
}
