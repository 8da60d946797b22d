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
  grants?: Grants | undefined
  /**
   * How versions are compared with the ranges of `dependsOn`: `npmRanges` of `@uni/reload-core/ranges`. Without it a
   * plugin that depends on others is refused.
   */
  ranges?: VersionRanges | undefined
  drain?: DrainPolicy | undefined
  timeouts?: Timeouts | undefined
  /**
   * How many resources of one reload are handed over, and how many resources and plugins are closed, at a time. Default
   * 32.
   */
  concurrency?: number | undefined
  /** How much of the thread the work of reloads may take. */
  pace?: PaceOptions | undefined
  /** How many writes to a resource are recorded while it is copied before writers wait. Default 1,048,576. */
  maxRecordedWrites?: number | undefined
  /** How many bytes these may occupy before writers wait. Default 256 MiB. */
  maxRecordedBytes?: number | undefined
  /**
   * What becomes of a reload of which something could not be judged. Default `accept`: it goes ahead, and the report
   * says so.
   */
  unjudged?: UnjudgedPolicy | undefined
  /** Told of every phase, resource and step. What it throws, or rejects with, is ignored. */
  observer?: ReloadObserver | undefined
  /** Where operations are written down, so that the next run knows which versions to start. Default: nowhere. */
  journal?: Journal | undefined
  /**
   * Tells the observer of leases that were dropped without being released (`lease-dropped`), with the stack of their
   * capture. For development: it makes a capture some microseconds dearer. Default false.
   */
  watchLeases?: boolean | undefined
  clock?: Clock | undefined
}
