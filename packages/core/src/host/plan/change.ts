import type { JournaledChange } from '../../journal/record.js'
import type { Plugin, PluginManifest } from '../plugin/plugin.js'
import type { PluginVersion } from '../epoch/plugin-version.js'

/** One plugin's part in an operation. */
export type Change =
  | { readonly kind: 'install'; readonly plugin: Plugin }
  | { readonly kind: 'reload'; readonly old: PluginVersion; readonly plugin: Plugin }
  | { readonly kind: 'remove'; readonly old: PluginVersion }
  /** A reload is taken back: `to`, which is still initialized, serves again. */
  | { readonly kind: 'take-back'; readonly old: PluginVersion; readonly to: PluginVersion }

export function idOf(change: Change): string {
  return change.kind === 'install' ? change.plugin.manifest.id : change.old.id
}

export function retiredBy(change: Change): PluginVersion | undefined {
  return change.kind === 'install' ? undefined : change.old
}

/** The manifest that will be installed, if any. */
export function manifestAfter(change: Change): PluginManifest | undefined {
  switch (change.kind) {
    case 'remove':
      return undefined
    case 'take-back':
      return change.to.plugin.manifest
    default:
      return change.plugin.manifest
  }
}

/** How events name the plugin: the version that comes, or the one that leaves for good. */
export function labelOf(change: Change): string {
  return `${idOf(change)}@${manifestAfter(change)?.version ?? retiredBy(change)?.version}`
}

export function journaled(change: Change): JournaledChange {
  const from = retiredBy(change)?.version
  const to = manifestAfter(change)?.version
  return { plugin: idOf(change), ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}
