import type { Context } from 'cordis'
import type { CordisVersion } from './cordis-version.js'

/** On the context of a version, and so on each context that is made from it. */
const VERSION = Symbol('version')

/** The version that a context belongs to: `undefined` for the root, and for plugins that are not replaced. */
export function versionOf(ctx: object): CordisVersion | undefined {
  return (ctx as { readonly [VERSION]?: CordisVersion })[VERSION]
}

/**
 * A context for one version: what it sets under `names` is seen by itself alone, so that two versions may each have set
 * the same service. All other services are those of `root`.
 */
export function versionContext(root: Context, version: CordisVersion, names: readonly string[]): Context {
  return names.reduce((ctx, name) => ctx.isolate(name), root.extend({ [VERSION]: version }))
}
