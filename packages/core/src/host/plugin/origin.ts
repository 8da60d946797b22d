import type { PluginManifest } from './plugin.js'

/**
 * The operation that a version came with, and the manifests of all that came with it: they become permanent together.
 */
export interface Origin {
  readonly operation: number
  readonly manifests: readonly PluginManifest[]
}
