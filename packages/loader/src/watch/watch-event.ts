import type { FinalReport, PluginHandle, ReloadResult } from '@uni/reload-core'
import type { LoadedPlugin } from '../loaded-plugin.js'

/** What becomes of a change. After each `changed` there is, sooner or later, a {@link WatchOutcome}. */
export type WatchEvent =
  /** A file that the plugin is made of was written, moved, added or removed. Told once a file until it is looked at. */
  | { readonly type: 'changed'; readonly file: string }
  /** More changes come than a person makes: the next look is put off, as files may be changed by the plugin itself. */
  | { readonly type: 'put-off'; readonly ms: number }
  /** The plugin was not in the host, and is now. */
  | { readonly type: 'added'; readonly handle: PluginHandle; readonly loaded: LoadedPlugin }
  | { readonly type: 'reloaded'; readonly result: ReloadResult; readonly loaded: LoadedPlugin }
  /** What is in the files is what serves. */
  | { readonly type: 'unchanged'; readonly handle: PluginHandle }
  /** What is in the files does not serve. What served before goes on. */
  | {
      readonly type: 'failed'
      readonly step: 'load' | 'dry-run' | 'add' | 'reload'
      readonly error: unknown
      /** What goes on; `undefined` where the plugin has not been in the host yet. */
      readonly serving: PluginHandle | undefined
      /** In how many milliseconds it is tried again by itself; `undefined`: after the next change. */
      readonly againInMs: number | undefined
    }
  /** What a reload has replaced is closed, or is kept by leases, or serves again. */
  | { readonly type: 'finalized'; readonly handle: PluginHandle; readonly report: FinalReport }
  /** A folder cannot be watched: changes in it go unnoticed. */
  | { readonly type: 'unwatched'; readonly folder: string; readonly error: unknown }

export type WatchOutcome = Extract<WatchEvent, { type: 'added' | 'reloaded' | 'unchanged' | 'failed' }>
