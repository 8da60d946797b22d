import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import type { FileJournal, NotedProcess } from '@uni/reload-core/node'

export interface PluginStoreOptions {
  /**
   * The journal of the host: a version that a crash would come back on stays in the store. `'none'` where the host
   * has none, and starts its plugins from their sources.
   */
  readonly journal: Pick<FileJournal, 'file'> | 'none'
  /**
   * Whether a process that has the store open has ended, where this cannot be seen from here: one of another machine,
   * or of a container that is gone. What it holds is then no longer kept. Default: it may be running.
   */
  readonly gone?: ((holder: NotedProcess) => boolean) | undefined
  /** How long to wait for another process that has the store locked, in milliseconds. Default: 30 s. */
  readonly lockMs?: number | undefined
  /**
   * Told why a collection that the store began by itself has failed, or a version that was let go of stays held until
   * the process ends: nothing is lost by either but room. Default: a warning of the process.
   */
  readonly onUncollected?: ((error: unknown) => void) | undefined
}

const OPTIONS: OptionChecks<PluginStoreOptions> = {
  journal: option.required((value, path) => {
    if (value === 'none') return value
    if (typeof value === 'object' && value !== null && 'file' in value && typeof value.file === 'string') {
      return { file: value.file }
    }
    throw new TypeError(`${path}: expected a FileJournal or 'none'`)
  }),
  gone: option.function,
  lockMs: option.from(0),
  onUncollected: option.function,
}

/** @throws TypeError or RangeError for malformed options. */
export function checkStoreOptions(given: PluginStoreOptions): PluginStoreOptions {
  return checkOptions(given, 'PluginStore options', OPTIONS)
}
