import { ReloadError } from '../../errors.js'
import { idOf, type Change } from '../plan/change.js'
import { resolveChange, type RequestedChange } from '../plan/requested-change.js'
import type { HostState } from '../state/host-state.js'
import { refuseUnmet } from './refuse-unmet.js'

/**
 * The phase `validate`: finds the versions that a request is about, and refuses what cannot be done to them now.
 *
 * @throws ReloadError `DUPLICATE`, `PLUGIN_NOT_FOUND`, `STALE_HANDLE`, `MANIFEST`, `RELOAD_IN_PROGRESS`, `DEPENDENCY`.
 */
export function validate(state: HostState, requested: readonly RequestedChange[]): readonly Change[] {
  const changes = requested.map((change) => resolveChange(state.plugins, change))
  const ids = changes.map(idOf)
  refuseNamedTwice(ids)
  refuseBusy(state, ids)
  refuseUnmet(state, changes, 'validate')
  return changes
}

function refuseNamedTwice(ids: readonly string[]): void {
  const named = new Set<string>()
  for (const id of ids) {
    if (named.has(id))
      throw new ReloadError('DUPLICATE', 'the plugin is named twice', {
        phase: 'validate',
        plugin: id,
        hint: 'Name each plugin once.',
      })
    named.add(id)
  }
}

function refuseBusy({ plugins }: HostState, ids: readonly string[]): void {
  const busy = ids.find((id) => plugins.operationOn(id) !== undefined)
  if (busy === undefined) return
  throw new ReloadError('RELOAD_IN_PROGRESS', 'the plugin is being changed', {
    phase: 'validate',
    plugin: busy,
    hint: 'Await the operation under way, then try again.',
  })
}
