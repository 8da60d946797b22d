import type { Clock } from '../../clock.js'
import type { UnjudgedPolicy } from '../../dispatch/judging.js'
import type { Timeouts } from '../../dispatch/timeouts.js'
import type { Journal } from '../../journal/record.js'
import type { PaceOptions } from '../../pace.js'
import type { AnyStrategy } from '../../strategy.js'
import type { DrainPolicy } from '../lease/drain.js'
import type { Grants } from '../plugin/grants.js'
import type { VersionRanges } from '../plugin/version-ranges.js'
import type { ReloadObserver } from '../report/events.js'

export interface PluginHostOptions {
  /** One for each surface that plugins may register on. */
  strategies: readonly AnyStrategy[]
  /** The surfaces each plugin may register on, by plugin id; `*` is for those not named. Default: all. */
  grants?: Grants
  /**
   * How versions are compared with the ranges of `dependsOn`: `npmRanges` of `@uni/reload-core/ranges`. Without it a plugin
   * that depends on others is refused.
   */
  ranges?: VersionRanges
  drain?: DrainPolicy
  timeouts?: Timeouts
  /**
   * How many resources of one reload are handed over, and how many resources and plugins are closed, at a time. Default
   * 32.
   */
  concurrency?: number
  /** How much of the thread the work of reloads may take. */
  pace?: PaceOptions
  /** How many writes to a resource are recorded while it is copied before writers wait. Default 65,536. */
  maxRecordedWrites?: number
  /** How many bytes these may occupy before writers wait. Default 64 MiB. */
  maxRecordedBytes?: number
  /**
   * What becomes of a reload of which something could not be judged. Default `accept`: it goes ahead, and the report
   * says so.
   */
  unjudged?: UnjudgedPolicy
  /** Told of every phase, resource and step. What it throws, or rejects with, is ignored. */
  observer?: ReloadObserver
  /** Where operations are written down, so that the next run knows which versions to start. Default: nowhere. */
  journal?: Journal
  /**
   * Tells the observer of leases that were dropped without being released (`lease-dropped`), with the stack of their capture.
   * For development: it makes a capture some microseconds dearer. Default false.
   */
  watchLeases?: boolean
  clock?: Clock
}
