import { checkOptions, option, unexpected, type OptionCheck, type OptionChecks } from '@uni/reload-core'
import type { Shared } from './shared/shared-packages.js'

export interface LoadOptions {
  /** Packages that are the host's own objects in the plugin. The core always is. */
  readonly shared?: Shared
  /**
   * A file of the host, such as `import.meta.url`: `shared` names what is imported there. The program that was started, if it
   * is left out.
   */
  readonly from?: string | URL
  /**
   * Has Node map stack traces back to sources, in the whole process, as with its option `--enable-source-maps`. `true` if it
   * is left out.
   */
  readonly sourceMaps?: boolean
  readonly signal?: AbortSignal
}

const OPTIONS: OptionChecks<LoadOptions> = {
  shared: checkShared,
  from: checkPath,
  sourceMaps: option.flag,
  signal: option.signal as OptionCheck<AbortSignal>,
}

/** @throws TypeError that names `owner`, such as `loadPlugin options`. */
export function checkLoadOptions(given: LoadOptions | undefined, owner: string): LoadOptions {
  return checkOptions(given, owner, OPTIONS)
}

function checkShared(value: unknown, path: string, owner: object): Shared {
  if (Array.isArray(value)) return option.list(option.text)(value, path, owner)
  return option.record<object>(checkExports)(value, path, owner)
}

function checkExports(value: unknown, path: string): object {
  if ((typeof value === 'object' || typeof value === 'function') && value !== null) return value
  throw unexpected('what a module exports', value, path)
}

function checkPath(value: unknown, path: string): string | URL {
  if (value instanceof URL || (typeof value === 'string' && value !== '')) return value
  throw unexpected('a path or a file: URL', value, path)
}
