import { PluginHost, type Clock, type Journal, type ProviderChange, type ReloadObserver } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import type { StoreDiscipline, StoreProvider } from '../fixtures/store.js'
import { DRAIN_MS, GRACE_MS, MAX_RECORDED, TIMEOUT_MS } from './timing.js'
import { KINDS } from './version-data.js'
import { watchedStrategy } from './watched-strategy.js'

const TIMED = ['stage', 'preflight', 'prepare', 'converge', 'rollback', 'finalize', 'open', 'write', 'bake'] as const

/** The host under test, whose every deadline is short. */
export function watchedHost(
  clock: Clock,
  observer: ReloadObserver,
  committed: (kind: StoreDiscipline, change: ProviderChange<StoreProvider>) => void,
  journal: Journal | undefined,
): PluginHost {
  return new PluginHost({
    ranges: npmRanges,
    strategies: KINDS.map((kind) => watchedStrategy(kind, (change) => committed(kind, change))),
    clock,
    observer,
    maxRecordedWrites: MAX_RECORDED,
    drain: { deadlineMs: DRAIN_MS, graceMs: GRACE_MS },
    timeouts: Object.fromEntries(TIMED.map((call) => [call, TIMEOUT_MS])),
    ...(journal && { journal }),
  })
}
