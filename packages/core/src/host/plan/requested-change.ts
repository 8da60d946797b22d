import { ReloadError } from '../../errors.js'
import type { Plugin } from '../plugin/plugin.js'
import type { ReadHandle } from '../plugin/read-handle.js'
import type { Plugins } from '../state/plugins.js'
import { labelOf, type Change } from './change.js'

/** One plugin's part in an operation, as a caller asks for it: which version the handle names is not known yet. */
export type RequestedChange =
  | { readonly kind: 'install'; readonly plugin: Plugin }
  | { readonly kind: 'reload'; readonly handle: ReadHandle; readonly plugin: Plugin }
  | { readonly kind: 'remove'; readonly handle: ReadHandle }
  /** Asked for by the host itself. */
  | Extract<Change, { kind: 'take-back' }>

/**
 * Finds the version that a request is about.
 *
 * @throws ReloadError `PLUGIN_NOT_FOUND`, `STALE_HANDLE`, `MANIFEST` (a reload that changes the id), `DUPLICATE` (an
 * install of what is installed).
 */
export function resolveChange(plugins: Plugins, requested: RequestedChange): Change {
  switch (requested.kind) {
    case 'install': {
      const { id } = requested.plugin.manifest
      if (plugins.get(id) === undefined) return requested
      throw new ReloadError('DUPLICATE', 'a plugin with this id is installed', {
        phase: 'validate',
        plugin: id,
        hint: 'Replace it with reload.',
      })
    }
    case 'reload': {
      const { handle, plugin } = requested
      const old = plugins.current(handle)
      if (plugin.manifest.id === old.id) return { kind: 'reload', old, plugin }
      throw new ReloadError('MANIFEST', `the new version names itself "${plugin.manifest.id}"`, {
        phase: 'validate',
        plugin: old.id,
        hint: 'A reload keeps the id. Install it as another plugin with add.',
      })
    }
    case 'remove':
      return { kind: 'remove', old: plugins.current(requested.handle) }
    case 'take-back':
      return requested
  }
}

/** How events name the plugin of a request that may be refused: like {@link labelOf}, as far as the plugin is known. */
export function requestedLabelOf(plugins: Plugins, requested: RequestedChange): string {
  if (requested.kind === 'install' || requested.kind === 'take-back') return labelOf(requested)
  const { id } = requested.handle
  const version = requested.kind === 'reload' ? requested.plugin.manifest.version : plugins.get(id)?.version
  return version === undefined ? id : `${id}@${version}`
}
