import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkOptions, option, unexpected, type OptionCheck, type OptionChecks } from '@uni/reload-core'
import { bundlePlugin } from './bundle/bundle-plugin.js'
import { findSource } from './bundle/plugin-source.js'
import { digestOf, hexOf } from './digest.js'
import { LoadError } from './errors.js'
import { loadBundle } from './evaluate/load-bundle.js'
import type { LoadedPlugin } from './loaded-plugin.js'
import { SharedPackages, type Shared } from './shared/shared-packages.js'

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

/**
 * Bundles the plugin at that path, evaluates it, and gives what `host.add` and `host.reload` take. When nothing refers to
 * the plugin any more, its code is collected.
 *
 * @param path of a file (JavaScript or TypeScript), or of a folder with a `package.json` or an `index` file.
 * @throws LoadError where it cannot be loaded: nothing of it is kept then. TypeError for malformed options.
 */
export async function loadPlugin(path: string | URL, options?: LoadOptions): Promise<LoadedPlugin> {
  const { shared = [], from, sourceMaps = true, signal } = checkOptions(options, 'loadPlugin options', OPTIONS)
  refuseAborted(signal)
  const packages = new SharedPackages(shared, pathOf(from ?? process.argv[1] ?? 'index.js'))
  const bundle = await bundlePlugin(findSource(path), packages)
  refuseAborted(signal)
  if (sourceMaps) process.setSourceMapsEnabled(true)
  const digest = digestOf(bundle.code)
  // No file has that name; two versions have two.
  return await loadBundle(bundle, digest, join(bundle.root, `${hexOf(digest)}.cjs`), packages)
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new LoadError('ABORTED', 'the signal of the load fired', { cause: signal.reason })
}

function pathOf(path: string | URL): string {
  return path instanceof URL || path.startsWith('file:') ? fileURLToPath(path) : resolve(path)
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
