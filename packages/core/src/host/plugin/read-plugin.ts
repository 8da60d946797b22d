import { ReloadError, describeThrown } from '../../errors.js'
import { hear, isPromiseLike } from '../../maybe-promise.js'
import { option, readMembers, that, type OptionChecks } from '../../options.js'
import type { Plugin, PluginDependency, PluginManifest } from './plugin.js'
import { isSemanticVersion, type VersionRanges } from './version-ranges.js'

const ID = that<string>('a non-empty string', (value) => typeof value === 'string' && value.trim() !== '')
const VERSION = that<string>(
  'a semantic version, such as 1.4.0',
  (value) => typeof value === 'string' && isSemanticVersion(value),
)

/**
 * A plugin as it was when it was given to a host. Everything that it says of itself is read once, here: what it is
 * changed to afterwards, or a getter that throws, reaches nobody else.
 *
 * @throws ReloadError `MANIFEST` where the plugin or its manifest is malformed; `DEPENDENCY` where it has a range, and
 * the host cannot compare any.
 */
export function readPlugin(given: Plugin, ranges: VersionRanges | undefined): Plugin {
  // For errors: an id is not read twice, and of a plugin that is malformed nothing but that may be known.
  let id: string | undefined
  const checks = pluginChecks(ranges, (read) => {
    id = read
  })
  let plugin: Plugin
  try {
    plugin = readMembers(given, 'plugin', checks)
  } catch (cause) {
    throw new ReloadError('MANIFEST', `cannot be read: ${describeThrown(cause)}`, {
      phase: 'validate',
      ...(id !== undefined && { plugin: id }),
      cause,
      hint: 'Correct the plugin; nothing was changed.',
    })
  }
  if (ranges === undefined) refuseRanges(plugin.manifest)
  return plugin
}

function pluginChecks(ranges: VersionRanges | undefined, onId: (id: string) => void): OptionChecks<Plugin> {
  const isRange = (value: unknown): boolean =>
    typeof value === 'string' && (ranges === undefined || ranges.isRange(value))
  const dependency: OptionChecks<PluginDependency> = {
    id: option.required(option.text),
    range: option.required(that<string>('a range of versions, such as ^2.1.0', isRange)),
    optional: option.flag,
  }
  const manifest: OptionChecks<PluginManifest> = {
    id: option.required((...it) => {
      const id = ID(...it)
      onId(id)
      return id
    }),
    version: option.required(VERSION),
    capabilities: option.list(option.string),
    dependsOn: option.list(option.members(dependency)),
  }
  return {
    manifest: option.required((value, path, plugin) => {
      if (value === undefined && isPromiseLike(plugin)) {
        hear(plugin)
        throw new TypeError('the plugin is a promise: await it first')
      }
      return readMembers(value as PluginManifest, path, manifest)
    }),
    register: option.required(option.function),
    init: option.function,
    shutdown: option.function,
  }
}

/** @throws ReloadError `DEPENDENCY` where it needs another plugin in some version. */
function refuseRanges({ id, version, dependsOn = [] }: PluginManifest): void {
  const [needed] = dependsOn
  if (needed === undefined) return
  const reason = `it needs plugin "${needed.id}" ${needed.range}, and the host was not told how to compare versions`
  throw new ReloadError('DEPENDENCY', reason, {
    phase: 'validate',
    plugin: `${id}@${version}`,
    hint:
      "Give the host the option ranges: import { npmRanges } from '@uni/reload-core/ranges', and say new " +
      'PluginHost({ ranges: npmRanges, … }).',
  })
}
