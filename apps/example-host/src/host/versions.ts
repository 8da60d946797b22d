import type { Plugin } from '@uni/reload-core'
import type { RecoveryPlan } from '@uni/reload-core/node'
import type { CatalogueEntry } from '../plugins/catalogue.js'

/**
 * The plugins to start with: each in the version that the journal says, and in its first where the journal has not
 * heard of it.
 */
export function versionsToStart(catalogue: readonly CatalogueEntry[], plan: RecoveryPlan): readonly Plugin[] {
  return catalogue.flatMap((entry) => {
    const known = plan.plugins.get(entry.id)
    if (known === undefined) return [entry.v1()]
    return known.version === undefined ? [] : [versionOf(entry, known.version)]
  })
}

function versionOf(entry: CatalogueEntry, version: string): Plugin {
  const plugin = [entry.v1(), entry.v2()].find(({ manifest }) => manifest.version === version)
  if (plugin === undefined)
    throw new Error(`plugin ${entry.id} has no version ${version}, which was active when this host was last running`)
  return plugin
}
