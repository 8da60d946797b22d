import type { ReloadPhase } from '../../errors.js'
import { idOf, manifestAfter, type Change } from '../plan/change.js'
import { checkDependencies } from '../plugin/check-dependencies.js'
import type { HostState } from '../state/host-state.js'

/** @throws ReloadError `DEPENDENCY` where the plugins would not satisfy one another, now or after a crash. */
export function refuseUnmet(state: HostState, changes: readonly Change[], phase: ReloadPhase): void {
  const installed = new Map(state.plugins.serving.map(({ id, plugin }) => [id, plugin.manifest]))
  for (const change of changes) {
    const manifest = manifestAfter(change)
    if (manifest === undefined) installed.delete(idOf(change))
    else installed.set(manifest.id, manifest)
  }
  checkDependencies(installed, state.ranges, phase)
  state.permanence.check(
    changes.flatMap((change) => (change.kind === 'install' ? change.plugin.manifest : [])),
    changes.flatMap((change) => (change.kind === 'remove' ? idOf(change) : [])),
    phase,
  )
}
