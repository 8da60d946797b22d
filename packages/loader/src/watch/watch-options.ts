import {
  checkOptions,
  option,
  systemClock,
  type AddOptions,
  type Clock,
  type OptionCheck,
  type OptionChecks,
  type ReloadOptions,
} from '@uni/reload-core'
import { checkLoadOptions, type LoadOptions } from '../load-options.js'
import type { ResidueWatch } from '../residue/watch-residue.js'
import type { WatchEvent } from './watch-event.js'

export interface WatchOptions {
  /** How the plugin is loaded. */
  readonly load?: Omit<LoadOptions, 'signal'> | undefined
  /** How it is reloaded. */
  readonly reload?: Omit<ReloadOptions, 'signal' | 'dryRun'> | undefined
  /** How it is installed where it is not in the host. */
  readonly add?: Omit<AddOptions, 'signal'> | undefined
  /** Tries each reload with a dry run first: what that refuses never holds a writer. Default: `false`. */
  readonly dryRun?: boolean | undefined
  /** Milliseconds without a change after which the plugin is loaded. Default: 50. */
  readonly debounceMs?: number | undefined
  /** Told of each change and what becomes of it. What it throws or rejects with is ignored. */
  readonly observer?: ((event: WatchEvent) => unknown) | undefined
  /** Looks for what each version leaves behind. */
  readonly residue?: ResidueWatch | undefined
  /** Ends the watch. */
  readonly signal?: AbortSignal | undefined
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock | undefined
}

export interface CheckedWatchOptions extends Pick<
  WatchOptions,
  'load' | 'reload' | 'add' | 'observer' | 'residue' | 'signal'
> {
  readonly dryRun: boolean
  readonly debounceMs: number
  readonly clock: Clock
}

/** The host checks its own. */
const anObject: OptionCheck<never> = option.with()

const OPTIONS: OptionChecks<WatchOptions> = {
  load: (value, path) => checkLoadOptions(value as LoadOptions, path),
  reload: anObject,
  add: anObject,
  dryRun: option.flag,
  debounceMs: option.from(0),
  observer: option.function,
  residue: option.with('loading') as OptionCheck<ResidueWatch>,
  signal: option.signal as OptionCheck<AbortSignal>,
  clock: option.with('now', 'after'),
}

export function checkedWatchOptions(given: WatchOptions | undefined): CheckedWatchOptions {
  const options = checkOptions(given, 'watchPlugin options', OPTIONS)
  const { dryRun = false, debounceMs = 50, clock = systemClock } = options
  return { ...options, dryRun, debounceMs, clock }
}
