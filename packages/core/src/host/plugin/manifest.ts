import { ReloadError, describeThrown, type ReloadPhase } from '../../errors.js'
import { hear, isPromiseLike } from '../../maybe-promise.js'
import { show } from '../../options.js'
import type { Plugin, PluginDependency, PluginManifest } from './plugin.js'
import { isSemanticVersion, type VersionRanges } from './version-ranges.js'

/**
 * A plugin as it was when it was given to a host. Everything that it says of itself is read once, here: what it is
 * changed to afterwards, or a getter that throws, reaches nobody else.
 *
 * @throws ReloadError `MANIFEST` where the plugin or its manifest is malformed; `DEPENDENCY` where it has a range, and
 * the host cannot compare any.
 */
export function readPlugin(given: Plugin, ranges: VersionRanges | undefined): Plugin {
  try {
    return read(given, ranges)
  } catch (error) {
    if (ReloadError.is(error)) throw error
    throw malformed(undefined, `the plugin cannot be read: ${describeThrown(error)}`, error)
  }
}

function read(given: unknown, ranges: VersionRanges | undefined): Plugin {
  if (typeof given !== 'object' || given === null) throw malformed(undefined, 'the plugin is not an object')
  const { manifest: said, register, init, shutdown } = given as Partial<Record<keyof Plugin, unknown>>
  if (typeof said !== 'object' || said === null) {
    hear(given)
    throw malformed(
      undefined,
      isPromiseLike(given) ? 'the plugin is a promise: await it first' : 'the plugin has no manifest',
    )
  }
  const { id, version, capabilities, dependsOn } = said as Partial<Record<keyof PluginManifest, unknown>>
  if (typeof id !== 'string' || id.trim() === '') throw malformed(undefined, 'manifest.id is not a non-empty string')
  if (typeof version !== 'string' || !isSemanticVersion(version)) {
    throw malformed(id, `manifest.version ${show(version)} is not a semantic version`)
  }
  const manifest: PluginManifest = {
    id,
    version,
    ...(capabilities !== undefined && {
      capabilities:
        readList(capabilities, readSurfaceId) ?? refuse('manifest.capabilities is not a list of surface ids'),
    }),
    ...(dependsOn !== undefined && {
      dependsOn:
        readList(dependsOn, dependency) ??
        refuse('manifest.dependsOn is not a list of { id, range } with version ranges'),
    }),
  }
  return Object.freeze({
    manifest: Object.freeze(manifest),
    register: method<'register'>(register) ?? refuse('the plugin has no register function'),
    ...(init !== undefined && { init: method<'init'>(init) ?? refuse('init is not a function') }),
    ...(shutdown !== undefined && { shutdown: method<'shutdown'>(shutdown) ?? refuse('shutdown is not a function') }),
  })

  function dependency(item: unknown): PluginDependency | undefined {
    if (typeof item !== 'object' || item === null) return undefined
    const { id: other, range, optional = false } = item as Record<string, unknown>
    if (typeof other !== 'string' || other === '' || typeof range !== 'string') return undefined
    if (typeof optional !== 'boolean') return undefined
    if (ranges === undefined) throw withoutRanges(`${id}@${version}`, other, range)
    return ranges.isRange(range) ? Object.freeze({ id: other, range, optional }) : undefined
  }

  function refuse(problem: string): never {
    throw malformed(id as string, problem)
  }

  function method<M extends 'register' | 'init' | 'shutdown'>(value: unknown): NonNullable<Plugin[M]> | undefined {
    return typeof value === 'function' ? (value.bind(given) as NonNullable<Plugin[M]>) : undefined
  }
}

/** The items, each read once; `undefined` where one of them is not what it has to be. */
function readList<T>(given: unknown, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(given)) return undefined
  const items = Array.from<unknown, T | undefined>(given, read)
  return items.includes(undefined) ? undefined : Object.freeze(items as T[])
}

function readSurfaceId(given: unknown): string | undefined {
  return typeof given === 'string' ? given : undefined
}

function malformed(id: string | undefined, problem: string, cause?: unknown): ReloadError {
  return new ReloadError('MANIFEST', problem, {
    phase: 'validate',
    ...(id !== undefined && { plugin: id }),
    ...(cause !== undefined && { cause }),
    hint: 'Correct the plugin; nothing was changed.',
  })
}

function withoutRanges(plugin: string, needed: string, range: string): ReloadError {
  return new ReloadError(
    'DEPENDENCY',
    `it needs plugin "${needed}" ${range}, and the host was not told how to compare versions`,
    {
      phase: 'validate',
      plugin,
      hint: "Give the host the option ranges: import { npmRanges } from '@uni/reload-core/ranges', and say new PluginHost({ ranges: npmRanges, … }).",
    },
  )
}

const TOGETHER =
  'Replace the plugins that belong together with one reloadAll, or install the one that is missing first.'

/** @throws ReloadError `DEPENDENCY` where the plugins, as they would be installed, do not satisfy one another. */
export function checkDependencies(
  installed: ReadonlyMap<string, PluginManifest>,
  ranges: VersionRanges | undefined,
  phase: ReloadPhase,
  hint = TOGETHER,
): void {
  for (const manifest of installed.values()) {
    for (const { id, range, optional } of manifest.dependsOn ?? []) {
      const found = installed.get(id)
      if (found === undefined && optional === true) continue
      if (found !== undefined && ranges?.satisfies(found.version, range) === true) continue
      throw new ReloadError(
        'DEPENDENCY',
        `it needs plugin "${id}" ${range}, and ${found ? `${found.version} would be` : 'none is'} installed`,
        {
          phase,
          plugin: `${manifest.id}@${manifest.version}`,
          hint,
        },
      )
    }
  }
}
