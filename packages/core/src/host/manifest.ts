import satisfies from 'semver/functions/satisfies.js'
import valid from 'semver/functions/valid.js'
import validRange from 'semver/ranges/valid.js'
import { ReloadError, type ReloadPhase } from '../errors.js'
import type { Plugin, PluginManifest } from './plugin.js'

/** @throws ReloadError `MANIFEST` where the plugin or its manifest is malformed. */
export function checkPlugin(plugin: Plugin): void {
  const given: unknown = plugin
  if (typeof given !== 'object' || given === null) throw malformed(undefined, 'the plugin is not an object')
  const { manifest, register, init, shutdown } = given as Partial<Record<keyof Plugin, unknown>>
  const problem = manifestProblem(manifest)
  const id = (manifest as Partial<PluginManifest> | undefined)?.id
  if (problem !== undefined) throw malformed(id, problem)
  if (typeof register !== 'function') throw malformed(id, 'the plugin has no register function')
  if (init !== undefined && typeof init !== 'function') throw malformed(id, 'init is not a function')
  if (shutdown !== undefined && typeof shutdown !== 'function') throw malformed(id, 'shutdown is not a function')
}

function manifestProblem(manifest: unknown): string | undefined {
  if (typeof manifest !== 'object' || manifest === null) return 'the plugin has no manifest'
  const { id, version, capabilities, dependsOn } = manifest as Record<keyof PluginManifest, unknown>
  if (typeof id !== 'string' || id.trim() === '') return 'manifest.id is not a non-empty string'
  if (typeof version !== 'string' || valid(version) === null) return `manifest.version ${JSON.stringify(version)} is not a semantic version`
  if (capabilities !== undefined && !isListOf(capabilities, (item) => typeof item === 'string')) return 'manifest.capabilities is not a list of surface ids'
  if (dependsOn !== undefined && !isListOf(dependsOn, isDependency)) return 'manifest.dependsOn is not a list of { id, range } with semver ranges'
  return undefined
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

function isDependency(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { id, range, optional } = value as Record<string, unknown>
  return typeof id === 'string' && id !== '' && typeof range === 'string' && validRange(range) !== null
    && (optional === undefined || typeof optional === 'boolean')
}

function malformed(id: unknown, problem: string): ReloadError {
  return new ReloadError('MANIFEST', problem, { phase: 'validate', ...(typeof id === 'string' && { plugin: id }), hint: 'Correct the plugin; nothing was changed.' })
}

const TOGETHER = 'Replace the plugins that belong together with one reloadAll, or install the one that is missing first.'

/** @throws ReloadError `DEPENDENCY` where the plugins, as they would be installed, do not satisfy one another. */
export function checkDependencies(installed: ReadonlyMap<string, PluginManifest>, phase: ReloadPhase, hint = TOGETHER): void {
  for (const manifest of installed.values()) {
    for (const { id, range, optional } of manifest.dependsOn ?? []) {
      const found = installed.get(id)
      if (found === undefined && optional === true) continue
      if (found !== undefined && satisfies(found.version, range, { includePrerelease: true })) continue
      throw new ReloadError('DEPENDENCY', `it needs plugin "${id}" ${range}, and ${found ? `${found.version} would be` : 'none is'} installed`, {
        phase, plugin: `${manifest.id}@${manifest.version}`, hint,
      })
    }
  }
}
