import { StrategyTable } from '../../dispatch/strategy-table.js'
import { HostEnvironment } from '../environment/host-environment.js'
import type { PluginHostOptions } from '../environment/plugin-host-options.js'
import { Epochs } from '../epoch/epochs.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import { SurfaceTables } from '../epoch/surface-table.js'
import { LeaseWatch } from '../lease/watched-lease.js'
import { Permanence } from '../permanence/permanence.js'
import { RecordLog } from '../permanence/record-log.js'
import type { Listing } from '../resource/listing.js'
import { LiveResources } from '../resource/live-resources.js'
import type { ResourceHost } from '../resource/resource-host.js'
import { Plugins } from './plugins.js'
import type { Retirement } from './retirement.js'
import type { VersionRanges } from '../plugin/version-ranges.js'

/** What the operations of one host share. */
export class HostState implements ResourceHost {
  readonly environment: HostEnvironment
  readonly tables: SurfaceTables
  readonly epochs: Epochs
  readonly plugins = new Plugins()
  readonly resources = new LiveResources()
  /** What follows a commit, from the commit until it is over, in the order of the commits. */
  readonly retirements = new Set<Retirement>()
  /** By plugin id, and not as members of an object, which has some of its own, such as `constructor`. */
  readonly grants: ReadonlyMap<string, readonly string[]> | undefined
  readonly ranges: VersionRanges | undefined
  readonly leaseWatch: LeaseWatch | undefined
  readonly records: RecordLog | undefined
  readonly permanence: Permanence

  constructor(options: PluginHostOptions) {
    const environment = new HostEnvironment(options)
    const strategies = new StrategyTable()
    for (const strategy of options.strategies) strategies.add(strategy)
    this.environment = environment
    this.tables = new SurfaceTables(strategies)
    this.epochs = new Epochs(this.tables, environment.clock)
    this.grants = options.grants && new Map(Object.entries(options.grants))
    this.ranges = options.ranges
    this.leaseWatch =
      options.watchLeases === true
        ? new LeaseWatch(({ capturedAt, ...lease }) => {
            environment.emit({ type: 'lease-dropped', ageMs: environment.clock.now() - capturedAt, ...lease })
          })
        : undefined
    this.records =
      options.journal &&
      new RecordLog(options.journal, {
        ...environment.forSteps(),
        timeoutMs: () => environment.timeoutMs('journal'),
        timeoutOption: 'journal',
      })
    this.permanence = new Permanence(this.records, this.ranges)
  }

  listing({ id }: PluginVersion): Listing | undefined {
    return this.plugins.operationOn(id)?.listing
  }
}
