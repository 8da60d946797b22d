import { pathToFileURL } from 'node:url'
import { compileModule } from '../compile/compile-module.js'
import { requireOf, runtimeOf, type HostModules, type Runtime } from './runtime.js'

type Factory = (runtime: Runtime, require: NodeJS.Require, module: { exports: unknown }, exports: unknown) => void

/** Code, and where it comes from. */
export interface Evaluated {
  readonly code: string
  readonly map: string
  /** Absolute path of the plugin's folder. */
  readonly root: string
}

/**
 * Runs a bundle, and gives what the plugin's module exports. Nothing but what is exported refers to the code: the
 * module is in no cache and has no parent; and it is compiled from this very text, whatever is in a file.
 *
 * @param filename absolute, and no other bundle's; Node tells source maps apart by it.
 * @throws whatever the plugin throws.
 */
export function evaluate({ code, map, root }: Evaluated, filename: string, modules: HostModules): unknown {
  const factory = compileModule(`${code}\n//# sourceMappingURL=${dataUrl(map, root)}`, filename) as Factory
  const module: { exports: unknown } = { exports: {} }
  factory(runtimeOf(root, modules), requireOf(root, modules), module, module.exports)
  return module.exports
}

/** The sources of the map lie below `root`. */
function dataUrl(map: string, root: string): string {
  const sourceRoot = JSON.stringify(pathToFileURL(`${root}/`).href)
  const rooted = withoutContents(map).replace('{', () => `{"sourceRoot":${sourceRoot},`)
  return `data:application/json;base64,${Buffer.from(rooted).toString('base64')}`
}

/**
 * A source map, as esbuild writes it, without what is in the sources: Node would keep that for as long as the version,
 * and asks for no more of it than where a place is. Within a member there is no line break.
 */
function withoutContents(map: string): string {
  const begin = map.indexOf('\n  "sourcesContent": [')
  const end = map.indexOf('\n  "mappings": ', begin)
  return begin === -1 || end === -1 ? map : map.slice(0, begin) + map.slice(end)
}
