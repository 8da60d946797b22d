import type { PluginVersion } from '../epoch/plugin-version.js'

/**
 * Closes plugins beside one another, at most `limit` at a time, last installed first, and none before those that depend
 * on it are closed. Of plugins that need one another, the last installed goes first.
 *
 * @param versions in the order of their install.
 * @param close must not reject.
 */
export async function closeDependantsFirst(
  versions: readonly PluginVersion[],
  limit: number,
  close: (version: PluginVersion) => Promise<void>,
): Promise<void> {
  const dependants = dependantsOf(versions)
  const left = [...versions]
  const unclosed = new Set(versions)
  const closing = new Set<Promise<void>>()
  const isFree = ({ id }: PluginVersion): boolean =>
    dependants.get(id)?.every((dependant) => !unclosed.has(dependant)) ?? true
  while (unclosed.size > 0) {
    const free = left.findLastIndex(isFree)
    // Nothing is free and nothing is closing: these need one another.
    const at = free === -1 && closing.size === 0 ? left.length - 1 : free
    if (at === -1 || closing.size >= Math.max(1, limit)) {
      await Promise.race(closing)
      continue
    }
    const [next] = left.splice(at, 1) as [PluginVersion]
    const closed: Promise<void> = close(next).then(() => {
      unclosed.delete(next)
      closing.delete(closed)
    })
    closing.add(closed)
  }
}

/** Those of `versions` that depend on a plugin, by its id. */
function dependantsOf(versions: readonly PluginVersion[]): ReadonlyMap<string, readonly PluginVersion[]> {
  const dependants = new Map<string, PluginVersion[]>()
  for (const version of versions) {
    for (const { id } of version.plugin.manifest.dependsOn ?? []) {
      if (id === version.id) continue
      const known = dependants.get(id)
      if (known === undefined) dependants.set(id, [version])
      else known.push(version)
    }
  }
  return dependants
}
