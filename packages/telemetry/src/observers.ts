import type { ReloadObserver } from '@uni/reload-core'

/**
 * One observer that tells several, in their order. What one of them throws, or rejects with, is ignored, as a host does,
 * and reaches none of the others.
 */
export function observers(...all: readonly ReloadObserver[]): ReloadObserver {
  return (event) => {
    for (const observer of all) {
      try {
        const given: unknown = observer(event)
        if (given instanceof Promise) given.catch(() => {})
      } catch {
        // Telemetry is not to fail what it tells of.
      }
    }
  }
}
