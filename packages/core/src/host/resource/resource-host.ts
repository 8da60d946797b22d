import type { HostEnvironment } from '../environment/host-environment.js'
import type { Epochs } from '../epoch/epochs.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { SurfaceTables } from '../epoch/surface-table.js'
import type { Listing } from './listing.js'
import type { LiveResources } from './live-resources.js'

/** What a live resource needs of the host that attached it. */
export interface ResourceHost {
  readonly environment: HostEnvironment
  readonly tables: SurfaceTables
  readonly epochs: Epochs
  readonly resources: LiveResources
  /** The operation that hands over or closes the resources of `owner`, if one does. */
  listing(owner: PluginVersion): Listing | undefined
}
