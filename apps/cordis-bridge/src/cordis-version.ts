import { defineSurface, type HandoffStrategy } from '@uni/reload-core'

/** One version of a cordis plugin, as the host knows it: while it serves, its listeners are called. */
export interface CordisVersion {
  readonly id: string
  /** The services that it sets. */
  readonly implements: readonly string[]
}

export const cordisVersion = defineSurface<CordisVersion>({ id: 'cordis-version', keyOf: ({ id }) => id })

export interface ServiceNames {
  /** Called when a service is there for the first time. */
  readonly appeared: (name: string) => void
  /** Called when the plugin that implements it was removed. */
  readonly disappeared: (name: string) => void
}

/**
 * A version without a service of the one before it is refused, as cordis would stop everybody who injects it. Whoever
 * injects a service is told that it is there, and that it is gone, and of nothing in between.
 */
export function cordisVersionHandoff({ appeared, disappeared }: ServiceNames): HandoffStrategy<CordisVersion> {
  return {
    surface: cordisVersion,
    discipline: 'clean',
    checkCompat({ old, next }) {
      const missing = old.implements.filter((name) => !next.implements.includes(name))
      if (missing.length === 0) return { level: 'compatible' }
      return {
        level: 'incompatible',
        reason: `it does not implement ${missing.join(', ')}, as the version that serves does, and others may inject that`,
      }
    },
    committed({ added, replaced, removed }) {
      for (const version of added.values()) version.implements.forEach(appeared)
      for (const { old, next } of replaced.values()) {
        next.implements.filter((name) => !old.implements.includes(name)).forEach(appeared)
      }
      for (const version of removed.values()) version.implements.forEach(disappeared)
    },
  }
}
