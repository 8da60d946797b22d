import type { PluginVersion } from '../epoch/plugin-version.js'
import type { SurfaceTables } from '../epoch/surface-table.js'
import type { AttachedHost } from './attached.js'
import type { Listing } from './listing.js'
import type { LiveResources } from './live-resources.js'

/** What attaching and detaching need of a host. */
export interface ResourceHost extends AttachedHost {
  readonly tables: SurfaceTables
  readonly resources: LiveResources
  /** The operation that hands over or closes the resources of `owner`, if one does. */
  listing(owner: PluginVersion): Listing | undefined
}
