import type { Plugin } from '@uni/reload-core'
import type { External } from './bundle/external.js'
import type { Digest } from './digest.js'

/** A plugin whose code was evaluated, ready for `host.add` and `host.reload`. */
export interface LoadedPlugin {
  readonly plugin: Plugin
  /** Of the bundle that was evaluated. */
  readonly digest: Digest
  /** Absolute path of the file that the plugin begins with. */
  readonly file: string
  /**
   * Absolute paths of the files that went into the bundle, sorted. A change of one of them is a change of the plugin.
   */
  readonly inputs: readonly string[]
  /** What is not in the bundle, sorted by name. A reload does not replace it. */
  readonly externals: readonly External[]
}
