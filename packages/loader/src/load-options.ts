import { checkOptions, option, unexpected, type OptionCheck, type OptionChecks, type Plugin } from '@uni/reload-core'
import { LIMITS, type ArchiveLimits } from './archive/limits.js'
import type { PluginStore } from './store/plugin-store.js'
import type { Integrity } from './trust/integrity.js'
import { TRUST, type TrustOptions } from './trust/trust.js'
import type { Shared } from './shared/shared-packages.js'

/** How code of a plugin is run. */
export interface RunOptions {
  /** Packages that are the host's own objects in the plugin. The core always is. */
  readonly shared?: Shared | undefined
  /**
   * A file of the host, such as `import.meta.url`: `shared` names what is imported there. The program that was started,
   * if it is left out.
   */
  readonly from?: string | URL | undefined
  /**
   * Has Node map stack traces back to sources, in the whole process, as with its option `--enable-source-maps`. `true`
   * if it is left out.
   */
  readonly sourceMaps?: boolean | undefined
  /**
   * What is to be run: the digest of the archive, of a packed plugin; of the bundle, `LoadedPlugin.digest`, else.
   */
  readonly integrity?: Integrity | undefined
  /** Whose packages are run. Whoever made it, if it is left out. */
  readonly trust?: TrustOptions | undefined
  /**
   * Makes the plugin of what the module exports, where modules are written for something else, such as a web framework.
   * What it throws is an `EXPORT`. The module's default export or its `plugin`, if it is left out.
   *
   * @param file absolute path of the module.
   */
  readonly pluginOf?: ((exports: unknown, file: string) => Plugin) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface LoadOptions extends RunOptions {
  /** Where the plugin is kept, to be started from after a crash. A packed plugin needs one. */
  readonly store?: PluginStore | undefined
  /** How much a packed plugin may hold. */
  readonly limits?: ArchiveLimits | undefined
}

const RUN: OptionChecks<RunOptions> = {
  shared: checkShared,
  from: checkPath,
  sourceMaps: option.flag,
  integrity: option.text as OptionCheck<Integrity>,
  trust: option.object(TRUST),
  pluginOf: option.function,
  signal: option.signal as OptionCheck<AbortSignal>,
}

const LOAD: OptionChecks<LoadOptions> = {
  ...RUN,
  store: option.with('put', 'putPackage'),
  limits: option.object(LIMITS),
}

/** @throws TypeError that names `owner`, such as `loadPlugin options`. */
export function checkLoadOptions(given: LoadOptions | undefined, owner: string): LoadOptions {
  return checkOptions(given, owner, LOAD)
}

/** @throws TypeError that names `owner`. */
export function checkRunOptions(given: RunOptions | undefined, owner: string): RunOptions {
  return checkOptions(given, owner, RUN)
}

function checkShared(value: unknown, path: string, owner: object): Shared {
  if (Array.isArray(value)) return option.list(option.text)(value, path, owner)
  return option.record<object>(checkExports)(value, path, owner)
}

function checkExports(value: unknown, path: string): object {
  if ((typeof value === 'object' || typeof value === 'function') && value !== null) return value
  throw unexpected('what a module exports', value, path)
}

/** @throws TypeError that names `path`, such as `loadPlugin path`. */
export function checkPath(value: unknown, path: string): string | URL {
  if (value instanceof URL && value.protocol === 'file:') return value
  if (typeof value === 'string' && value !== '') return value
  throw unexpected('a path or a file: URL', value, path)
}
