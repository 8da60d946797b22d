import { ReloadError, type ReloadPhase } from '../../errors.js'
import type { PluginManifest } from './plugin.js'
import type { VersionRanges } from './version-ranges.js'

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
