import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyStrategy, PluginHost } from '@uni/reload-core'
import * as surfaces from '@uni/reload-core/surfaces'
import type { LoadOptions } from '@uni/reload-loader'
import { CommandError, EXIT } from '../exit-code.js'

/** What `uni-reload.config.js` exports as default: the host that an upgrade is checked for. */
export interface CheckConfig {
  /** Those of the host. */
  readonly strategies: readonly AnyStrategy[]
  /** How plugins are loaded: what they share with the host, above all. */
  readonly load?: LoadOptions | undefined
  /**
   * Opens live resources with the old version, from a copy of the folder that `--state` names: `host.attach(…)`. The
   * new version is then held to what is in them.
   */
  readonly open?: ((host: PluginHost, state: string) => Promise<void>) | undefined
}

const FILES = ['uni-reload.config.js', 'uni-reload.config.mjs', 'uni-reload.config.ts']
/** Kinds whose strategies need nothing to be said, if they are installed. */
const KINDS = {
  '@uni/reload-index': 'indexHandoff',
  '@uni/reload-cdc': 'cdcHandoff',
  '@uni/reload-crdt': 'crdtHandoff',
  '@uni/reload-logical-type': 'logicalTypeHandoff',
} as const

/**
 * The configuration in a file, or in the folder; without one, that of a host with the standard surfaces and the kinds
 * that are installed there.
 *
 * @throws CommandError `usage`.
 */
export async function checkConfig(cwd: string, named: string | undefined): Promise<CheckConfig> {
  const file = named === undefined ? FILES.map((name) => join(cwd, name)).find(existsSync) : resolve(cwd, named)
  if (file === undefined) return defaults(cwd)
  const exported = await importDefault(file)
  if (isConfig(exported)) return exported
  throw new CommandError(EXIT.usage, `${file} has no default export with strategies`, {
    hint: 'Export what the host is made with: export default { strategies: [indexHandoff()] }.',
  })
}

function isConfig(value: unknown): value is CheckConfig {
  return typeof value === 'object' && value !== null && 'strategies' in value && Array.isArray(value.strategies)
}

async function importDefault(file: string): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default
  } catch (error) {
    throw new CommandError(EXIT.usage, `${file} cannot be read: ${(error as Error).message}`, {
      hint: file.endsWith('.ts') ? 'TypeScript needs Node 22.18 or later here; JavaScript does not.' : undefined,
    })
  }
}

async function defaults(cwd: string): Promise<CheckConfig> {
  const { resolve: find } = createRequire(join(cwd, 'here.js'))
  const kinds: Record<string, Record<string, () => AnyStrategy>> = {}
  for (const name of Object.keys(KINDS)) {
    const entry = isInstalled(find, name)
    if (entry !== undefined) kinds[name] = (await import(pathToFileURL(entry).href)) as (typeof kinds)[string]
  }
  return {
    strategies: [
      surfaces.scalarFnHandoff(),
      surfaces.aggregateFnHandoff(),
      surfaces.storageBackendHandoff(),
      surfaces.backgroundJobHandoff(),
      surfaces.hookHandoff(),
      surfaces.serviceHandoff(),
      surfaces.middlewareHandoff(),
      ...Object.entries(kinds).flatMap(([name, exported]) => exported[KINDS[name as keyof typeof KINDS]]?.() ?? []),
    ] as AnyStrategy[],
    load: { shared: kinds, from: pathToFileURL(join(cwd, 'here.js')).href },
  }
}

function isInstalled(find: (name: string) => string, name: string): string | undefined {
  try {
    return find(name)
  } catch {
    return undefined
  }
}
