import type { Plugin } from '@uni/reload-core'
import { logicalType, type LogicalTypeProvider } from '@uni/reload-logical-type'
import { notAPoint, POINT_SAMPLES, POINT_STORAGE, pointAt, pointText, type GeoPoint } from './point.js'

/** Points in WGS 84, written as in well-known text: the longitude first. */
export function geoV1(): Plugin {
  return {
    manifest: { id: 'geo', version: '1.0.0', capabilities: [logicalType.id] },
    register: (registrar) => {
      registrar.provide(logicalType, new GeoV1())
    },
  }
}

const LITERAL =
  /^ *POINT *\( *([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?) +([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?) *\) *$/i

class GeoV1 implements LogicalTypeProvider {
  readonly version = '1.0.0'
  readonly name = 'geo.point'
  readonly arrowType = POINT_STORAGE
  readonly encodingVersion = '1'
  readonly metadata = '{"crs":"EPSG:4326"}'

  fromLiteral(text: string): GeoPoint {
    const [, lon, lat] = LITERAL.exec(text) ?? []
    if (lon === undefined || lat === undefined) throw notAPoint(text)
    return pointAt(Number(lon), Number(lat), text)
  }

  toDisplay(value: unknown): string {
    return pointText(value)
  }

  samples(): readonly string[] {
    return POINT_SAMPLES
  }
}
