import { createRequire } from 'node:module'

export const CORE = '@uni/reload-core'

/**
 * The core that this package runs with, which is the host's, as it is a peer. Written out, so that bundlers see them.
 */
export const CORE_MODULES: Readonly<Record<string, () => Promise<object>>> = {
  [CORE]: () => import('@uni/reload-core'),
  [`${CORE}/node`]: () => import('@uni/reload-core/node'),
  [`${CORE}/ranges`]: () => import('@uni/reload-core/ranges'),
  [`${CORE}/surfaces`]: () => import('@uni/reload-core/surfaces'),
  [`${CORE}/testing`]: () => import('@uni/reload-core/testing'),
}

export function versionOfCore(): string | undefined {
  try {
    return (createRequire(import.meta.url)(`${CORE}/package.json`) as { version: string }).version
  } catch {
    // A host that is bundled has no package of it.
    return undefined
  }
}
