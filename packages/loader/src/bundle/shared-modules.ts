import { dirname } from 'node:path'
import type { OnResolveResult, Plugin, ImportKind } from 'esbuild'
import { npmRanges } from '@uni/reload-core/ranges'
import { LoadError } from '../errors.js'
import { rangesIn, type PackageJson } from '../manifest/package-json.js'
import { packageNameOf } from '../shared/package-name.js'
import type { Requirement } from '../shared/requirement.js'
import type { SharedPackages } from '../shared/shared-packages.js'
import { FOR_IMPORT, FOR_REQUIRE } from '../shared/shared-names.js'
import type { NearestPackage } from './nearest-package.js'

/**
 * The namespace of the ES module that stands for one of the host's where it is imported. It has the host's names, so
 * that esbuild finds the ones that are missing, and reads each as it is used.
 */
const IMPORTED = 'uni-shared'

const REQUIRING: ReadonlySet<ImportKind> = new Set(['require-call', 'require-resolve'])

/** Whether a path of an input is of such a module, and no file's. */
export function isShared(path: string): boolean {
  return path.startsWith(`${IMPORTED}:`)
}

export interface SharedModules {
  readonly plugin: Plugin
  /** What was asked for, complete when the bundle is. */
  readonly requirements: ReadonlyMap<string, Requirement>
  readonly specifiers: ReadonlySet<string>
}

/** Leads imports of shared packages to the host's own objects, and refuses those that would be another copy. */
export function sharedModules(
  shared: SharedPackages,
  own: PackageJson | undefined,
  nearest: NearestPackage,
): SharedModules {
  const requirements = new Map<string, Requirement>()
  const specifiers = new Set<string>()
  const require = (importer: PackageJson | undefined, name: string): void => {
    const requirement = importer && requirementOf(importer, name)
    if (requirement === undefined) return
    shared.check(requirement)
    requirements.set(JSON.stringify(requirement), requirement)
  }
  for (const name of Object.keys(rangesIn(own?.content.peerDependencies)))
    if (shared.names.has(name)) require(own, name)

  const plugin: Plugin = {
    name: 'uni-shared',
    setup(build) {
      build.onResolve(
        { filter: importsOf(shared.names) },
        ({ path, kind, resolveDir }): OnResolveResult | undefined => {
          // Data, and no code that there could be two of.
          if (path.endsWith('.json')) return undefined
          require(nearest.of(resolveDir), packageNameOf(path))
          specifiers.add(path)
          if (REQUIRING.has(kind)) return { path: `${FOR_REQUIRE}${path}`, external: true }
          return { path, namespace: IMPORTED, sideEffects: false }
        },
      )
      // By such a name our own modules import, and nothing of a plugin's.
      build.onResolve({ filter: new RegExp(`^${FOR_IMPORT}`), namespace: 'file' }, ({ path }) => {
        return { errors: [{ text: `Could not resolve "${path}"` }] }
      })
      build.onLoad({ filter: /^/, namespace: IMPORTED }, async ({ path }) => {
        const { names } = await shared.load(path)
        const list = names.map((name) => JSON.stringify(name)).join(', ')
        return { contents: `export { ${list} } from ${JSON.stringify(FOR_IMPORT + path)}`, loader: 'js' }
      })
      const peers = unsharedPeers(own, shared)
      if (peers.size === 0) return
      build.onResolve({ filter: importsOf(peers) }, ({ path, resolveDir }): undefined => {
        if (nearest.of(resolveDir)?.file !== own?.file) return
        const name = packageNameOf(path)
        throw new LoadError(
          'SHARED',
          `"${name}" is among peerDependencies of the plugin, and the host does not share it`,
          {
            hint: `Add '${name}' to the option shared of the host, or have it among dependencies, to be bundled.`,
          },
        )
      })
    },
  }
  return { plugin, requirements, specifiers }
}

/** Matches what imports those packages, or a module of theirs. */
function importsOf(names: ReadonlySet<string>): RegExp {
  const escaped = Array.from(names, (name) => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
  return new RegExp(`^(?:${escaped.join('|')})(?:/|$)`)
}

function requirementOf(importer: PackageJson, name: string): Requirement | undefined {
  const { peerDependencies, dependencies, optionalDependencies } = importer.content
  const given = [peerDependencies, dependencies, optionalDependencies].map((field) => rangesIn(field)[name])
  const range = given.find((one) => one !== undefined)?.replace(/^workspace:(?:[*^~]$)?/, '')
  // A tag, a folder or an address is no range, and says nothing of versions.
  return range !== undefined && npmRanges.isRange(range) ? { package: name, range, by: label(importer) } : undefined
}

function unsharedPeers(own: PackageJson | undefined, shared: SharedPackages): ReadonlySet<string> {
  const optional = own?.content.peerDependenciesMeta as Readonly<Record<string, { optional?: unknown }>> | undefined
  const names = Object.keys(rangesIn(own?.content.peerDependencies))
  return new Set(names.filter((name) => !shared.names.has(name) && optional?.[name]?.optional !== true))
}

/** `name@version`, or the folder where it has no name. */
export function label({ file, content: { name, version } }: PackageJson): string {
  if (typeof name !== 'string') return dirname(file)
  return typeof version === 'string' ? `${name}@${version}` : name
}
