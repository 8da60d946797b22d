import type { PluginVersion } from '../epoch/plugin-version.js'
import type { Drain, DrainPolicy } from '../lease/drain.js'

/** Plugin versions that a commit has taken out of service, until they are closed. */
export interface Retirement {
  /** Those that do not serve again and are not closed yet. */
  readonly unclosed: Iterable<PluginVersion>
  /** The wait for the leases that reach them. */
  readonly drain: Drain
  /** Fires the signals of these leases at the deadline, and closes the versions, even where they were to be kept. */
  force(policy: DrainPolicy): Promise<void>
}
