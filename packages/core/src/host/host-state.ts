import { coarseTime, systemClock, type Clock } from '../clock.js'
import { Claims } from '../dispatch/claims.js'
import { onAbort } from '../dispatch/on-abort.js'
import { StrategyTable } from '../dispatch/strategy-table.js'
import { StretchMeter } from '../dispatch/stretch-meter.js'
import { Judging, type UnjudgedPolicy } from '../dispatch/judging.js'
import type { StepEnvironment } from '../dispatch/step.js'
import { timeoutOf, type TimedCall, type Timeouts } from '../dispatch/timeouts.js'
import { ReloadError } from '../errors.js'
import { hear } from '../maybe-promise.js'
import { GateTerms } from '../move/gate-terms.js'
import type { ChainTable } from '../mvcc/chain-table.js'
import { Transaction } from '../mvcc/transaction.js'
import { show } from '../options.js'
import { Pace, type PaceOptions } from '../pace.js'
import type { AnyStrategy } from '../strategy.js'
import type { Journal } from '../journal/record.js'
import type { Attached } from './resource/attached.js'
import type { Bake } from './permanence/bake.js'
import { Drain, type DrainPolicy } from './lease/drain.js'
import { Epoch, NOTHING_FENCED } from './epoch/epoch.js'
import type { ReloadEvent, ReloadObserver } from './report/events.js'
import type { LeaseList } from './lease/lease-list.js'
import { Permanence } from './permanence/permanence.js'
import type { PluginVersion } from './epoch/plugin-version.js'
import type { ReadHandle } from './plugin/read-handle.js'
import { RecordLog } from './permanence/record-log.js'
import type { Grants } from './lifecycle/staging.js'
import { SurfaceTables, type ResourceEntry, type SurfaceTable } from './epoch/surface-table.js'
import { LeaseWatch } from './lease/watched-lease.js'

export interface PluginHostOptions {
  /** One for each surface that plugins may register on. */
  strategies: readonly AnyStrategy[]
  /** The surfaces each plugin may register on, by plugin id; `*` is for those not named. Default: all. */
  grants?: Grants
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

/** An operation that is changing plugins. */
interface UnderWay {
  /** Settles when the operation has committed or rolled back. Never rejects. */
  readonly decided: Promise<void>
}

/** An operation that hands over, or closes, the resources of some versions. */
interface Listing extends UnderWay {
  /** Settles when the answers may be others. Never rejects. */
  readonly changed: Promise<void>
  admits(table: SurfaceTable, key: string): boolean
  takes(table: SurfaceTable, key: string): boolean
  take(attached: Attached, owner: PluginVersion): void
  withdraw(attached: Attached): Promise<void> | undefined
}

/** Old versions that are being drained. */
interface Forceable {
  force(policy: DrainPolicy): Promise<void>
}

/** What the operations of one host share. */
export class HostState {
  readonly strategies = new StrategyTable()
  readonly tables: SurfaceTables
  readonly clock: Clock
  /** What leases are dated by. */
  readonly leaseTime: Pick<Clock, 'now'>
  readonly drainPolicy: DrainPolicy
  readonly concurrency: number
  readonly pace: Pace
  /** By plugin id, and not as members of an object, which has some of its own, such as `constructor`. */
  readonly grants: ReadonlyMap<string, readonly string[]> | undefined
  readonly gateTerms: GateTerms
  readonly unjudged: UnjudgedPolicy
  readonly leaseWatch: LeaseWatch | undefined
  readonly records: RecordLog | undefined
  readonly permanence: Permanence
  readonly #timeouts: Timeouts
  readonly #observer: ReloadObserver | undefined

  /** The current epoch: the one pointer that a commit sets. */
  epoch: Epoch
  /** Former epochs that leases still hold. */
  readonly past = new Set<Epoch>()
  /** The active version of each plugin, in install order. */
  readonly plugins = new Map<string, PluginVersion>()
  readonly retired = new Map<PluginVersion, Drain>()
  /** The reloads that can still be taken back, by the versions they brought. */
  readonly bakes = new Map<PluginVersion, Bake>()
  /** The operations under way, by plugin id. */
  readonly operations = new Map<string, UnderWay>()
  /** Operations that have listed what they hand over, by the versions that leave with them. */
  readonly listed = new Map<PluginVersion, Listing>()
  /** The live resources, in the order they were attached in. Some may have left since. */
  readonly attached = new Set<Attached>()
  /** What the host will close. */
  readonly claims = new Claims()
  /** What follows a commit, until it is over. */
  readonly finalizations = new Set<Forceable>()
  /** The resources that are being detached. */
  readonly detaching = new Set<Promise<void>>()
  /** Fires when the host is closed. */
  readonly closing = new AbortController()
  /** The same, for what looks at it often. */
  closed = false
  readonly #awaitingFences = new Set<() => void>()
  #operationCount = 0
  #places = 0

  constructor(options: PluginHostOptions) {
    for (const strategy of options.strategies) this.strategies.add(strategy)
    this.tables = new SurfaceTables(this.strategies)
    this.epoch = new Epoch(0, this.tables)
    this.clock = options.clock ?? systemClock
    this.leaseTime = this.clock === systemClock ? coarseTime : this.clock
    this.drainPolicy = options.drain ?? {}
    this.concurrency = options.concurrency ?? 32
    this.pace = new Pace(options.pace)
    this.grants = options.grants && new Map(Object.entries(options.grants))
    this.unjudged = options.unjudged ?? 'accept'
    this.leaseWatch =
      options.watchLeases === true
        ? new LeaseWatch(({ capturedAt, ...lease }) => {
            this.emit({ type: 'lease-dropped', ageMs: this.clock.now() - capturedAt, ...lease })
          })
        : undefined
    this.#timeouts = options.timeouts ?? {}
    this.gateTerms = new GateTerms({
      clock: this.clock,
      writeTimeoutMs: this.timeoutMs('write'),
      ...(options.maxRecordedWrites !== undefined && { maxRecorded: options.maxRecordedWrites }),
      ...(options.maxRecordedBytes !== undefined && { maxRecordedBytes: options.maxRecordedBytes }),
    })
    this.records =
      options.journal &&
      new RecordLog(options.journal, {
        ...this.environment(false),
        timeoutMs: () => this.timeoutMs('journal'),
        timeoutOption: 'journal',
      })
    this.permanence = new Permanence(this.records)
    this.#observer = options.observer
  }

  timeoutMs(call: TimedCall): number {
    return timeoutOf(this.#timeouts, call)
  }

  nextOperation(): number {
    this.#operationCount += 1
    return this.#operationCount
  }

  nextPlace(): number {
    this.#places += 1
    return this.#places
  }

  environment(
    dryRun: boolean,
    { judging = new Judging(), onProgress }: Partial<Pick<StepEnvironment, 'judging' | 'onProgress'>> = {},
  ): StepEnvironment {
    return {
      clock: this.clock,
      pace: this.pace,
      meter: new StretchMeter(this.clock),
      dryRun,
      judging,
      claims: this.claims,
      timeoutMs: (phase) => timeoutOf(this.#timeouts, phase),
      onUnclean: (error) => {
        this.emit({ type: 'unclean', error })
      },
      ...(onProgress && { onProgress }),
    }
  }

  emit(event: ReloadEvent): void {
    try {
      hear(this.#observer?.(event))
    } catch {
      // An observer watches; it has no say in what it watches.
    }
  }

  refuseClosed(): void {
    if (this.closed) throw closedError()
  }

  /** The active version that `handle` names. @throws ReloadError `PLUGIN_NOT_FOUND`, `STALE_HANDLE`. */
  current({ id, generation }: ReadHandle): PluginVersion {
    const version = this.plugins.get(id)
    const place = { phase: 'validate', plugin: id } as const
    if (version === undefined)
      throw new ReloadError('PLUGIN_NOT_FOUND', 'no plugin with this id is installed', {
        ...place,
        hint: 'Install it with add.',
      })
    if (version.generation !== generation) {
      const reason = `the handle is of generation ${show(generation)}, and the plugin is at ${version.generation}`
      throw new ReloadError('STALE_HANDLE', reason, {
        ...place,
        hint: 'Somebody else has reloaded it: take host.plugin(id), and decide anew.',
      })
    }
    return version
  }

  close(): void {
    this.closed = true
    this.closing.abort()
  }

  /** What `transaction` has written is seen from now on, by all at once. Former epochs are kept in sight only while leases hold them. */
  publish(transaction: Transaction, fenced: ReadonlySet<PluginVersion> = this.epoch.fenced): void {
    const former = this.epoch
    const number = former.number + 1
    transaction.commit(number)
    this.epoch = new Epoch(number, this.tables, fenced)
    former.supersede(this.past)
    if (fenced !== former.fenced) for (const wake of this.#awaitingFences) wake()
  }

  /** One resource is served in another way, or no more. */
  serve(attached: Attached, entry: ResourceEntry | undefined): void {
    const {
      table: { resources },
      name,
    } = attached
    const owner = attached.owner
    const transaction = new Transaction()
    resources.write(name, entry, transaction)
    this.publish(transaction)
    if (entry === undefined) this.attached.delete(attached)
    else if (owner !== undefined) void this.prune(resources, name, owner)
  }

  /** Captures of the epochs from now on are closed to `versions`. */
  fence(versions: readonly PluginVersion[]): void {
    this.publish(new Transaction(), new Set([...this.epoch.fenced, ...versions]))
  }

  unfence(versions: readonly PluginVersion[]): void {
    this.publish(new Transaction(), this.fencedWithout(versions))
  }

  /** What is fenced but for `versions`: the same set where none of them is. */
  fencedWithout(versions: readonly PluginVersion[]): ReadonlySet<PluginVersion> {
    const { fenced } = this.epoch
    if (!versions.some((version) => fenced.has(version))) return fenced
    const left = [...fenced].filter((version) => !versions.includes(version))
    return left.length === 0 ? NOTHING_FENCED : new Set(left)
  }

  /** The epochs that can be asked for. */
  get heldEpochs(): number[] {
    return [...[...this.past].map(({ number }) => number), this.epoch.number]
  }

  /**
   * Forgets what nobody can ask for any more under a key: at once, and where leases hold any of it, once they have ended.
   *
   * @param owner the version that served it.
   */
  async prune(table: ChainTable<unknown>, key: string, owner: PluginVersion): Promise<void> {
    if (table.prune(key, this.heldEpochs)) return
    await this.unseen([owner])
    table.prune(key, this.heldEpochs)
  }

  /** Resolves when no lease is on an epoch that `versions` were part of, be it that they were fenced there. */
  async unseen(versions: readonly PluginVersion[]): Promise<void> {
    const seeing = [...this.past].filter((epoch) => versions.some((version) => epoch.includes(version)))
    await Promise.all(seeing.map((epoch) => epoch.empty()))
  }

  /** Resolves when something else is fenced. @throws ReloadError `ABORTED`. */
  fencesChanged(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#awaitingFences.delete(wake)
        stopListening?.()
      }
      const wake = (): void => {
        leave()
        resolve()
      }
      const abort = (): void => {
        leave()
        reject(
          new ReloadError('ABORTED', 'the caller gave up waiting for an exclusive reload', {
            phase: 'fence',
            cause: signal?.reason,
          }),
        )
      }
      this.#awaitingFences.add(wake)
      const stopListening = signal && onAbort(signal, abort)
      if (signal?.aborted === true) abort()
    })
  }

  /** The former epochs that leases hold in which they can reach any of `versions`. */
  pastReaching(versions: readonly PluginVersion[]): LeaseList[] {
    return [...this.past].filter((epoch) => versions.some((version) => epoch.reaches(version)))
  }

  drainOf(versions: readonly PluginVersion[]): Drain {
    return new Drain([...this.pastReaching(versions), ...versions.map((version) => version.leases)], this.clock)
  }

  /** Of the leases that reach resources of `versions`, and not those that hold the plugins alone. */
  drainOfEpochs(versions: readonly PluginVersion[]): Drain {
    return new Drain(this.pastReaching(versions), this.clock)
  }
}

function closedError(): ReloadError {
  return new ReloadError('HOST_CLOSED', 'the host was closed', { hint: 'Make a new host.' })
}
