import type { Plugin } from '@uni/reload-core'
import { scalarFn } from '@uni/reload-core/surfaces'

export const distance: Plugin = {
  manifest: { id: 'distance', version: '2.0.0', capabilities: ['scalar-fn'], dependsOn: [{ id: 'geo', range: '^1.0.0' }] },
  register(registrar) {
    registrar.provide(scalarFn, { name: 'haversine', call: (...degrees) => haversine(degrees.map(Number)) })
  },
  async init({ signal }) { await ellipsoid.load(signal) },
  async shutdown() { ellipsoid.forget() },
}

const ellipsoid = {
  radiusKm: Number.NaN,
  async load(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.radiusKm = 6371
  },
  forget(): void { this.radiusKm = Number.NaN },
}

function haversine(degrees: readonly number[]): number {
  const [lat1 = 0, lon1 = 0, lat2 = 0, lon2 = 0] = degrees.map((degree) => degree * Math.PI / 180)
  const near = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2
  return 2 * ellipsoid.radiusKm * Math.asin(Math.sqrt(near))
}
