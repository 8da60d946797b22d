import type { PackageManifest } from '../manifest/package-manifest.js'
import type { Requirement } from '../shared/requirement.js'
import type { External } from './external.js'

/** A plugin as one file of CommonJS. Its bytes do not depend on where the source lies. */
export interface Bundle {
  /** Exports a function of the runtime (`evaluate/runtime.ts`), which gives what the plugin's module exports. */
  readonly code: string
  /** Source map, as JSON; its sources are relative to `root`. */
  readonly map: string
  /** Absolute path of the plugin's folder. */
  readonly root: string
  /** The file that the plugin begins with, relative to `root`. */
  readonly entry: string
  /** Absolute paths, sorted. */
  readonly inputs: readonly string[]
  readonly externals: readonly External[]
  /** What the plugin, and what it depends on, ask of the packages that the host shares. */
  readonly requirements: readonly Requirement[]
  /** Where the package says what the plugin is, and not its module alone. */
  readonly manifest: PackageManifest | undefined
}
